"""Fields of saves, reposts, shares, tip reactions and announcements (domain: chain and entities, 5.4, 5.10, 5.12)."""

from collections.abc import Callable
from typing import Any

from conformance.world import L1, T1, U1, U2, V, World

from backbeat.index.reject import Code
from backbeat.index.row import Row
from backbeat.index.rows.notices import NotificationRow
from backbeat.index.rows.social import RepostRow, SaveRow, ShareRow
from backbeat.index.rows.tips import ReactionRow, TipRow
from fields.field import Cell, Field, Pair, Sets, cell
from fields.kinds import IS_NUMBER, IS_TEXT, WHOLE, flag, null, others, unsent

TIP = "5wHu1qwD7q4L1J4r5Vh2pD7hXQjgX8Y2yU1n"


def kind(own: str) -> tuple[Cell, ...]:
    """What the item is, in letters of any case; any other word counts as not sent, and the wire says it."""
    other = "track" if own == "playlist" else "playlist"
    return (
        cell("value", "", own, Sets(own)),
        cell("value", "in capitals", own.upper(), Sets(own)),
        *((cell("value", "album", "album", Sets("playlist")),) if own == "playlist" else ()),
        cell("value", "the other", other, Code.NOT_FOUND),
        cell("value", "the other, in capitals", other.upper(), Code.NOT_FOUND),
        cell("value", "another word", "song", Sets(own)),
        unsent(Sets(own)),
        null(Sets(own)),
        cell("empty", "", "", Sets(own)),
        *others(IS_TEXT, Sets(own)),
        cell("NUL, surrogates", "", f"{own}\0", Sets(own)),
        cell("emoji", "", f"{own}😀", Sets(own)),
    )


def _only(row: type[Row], name: str) -> Callable[[World], Any]:
    return lambda world: getattr(world.all(row)[0], name)


def favored(pair: str, item: int, row: type[Row], what: str) -> Pair:
    """Return a pair that saves or reposts."""
    own = pair.partition("/")[0].lower()
    flagged, typed = f"is_{what}_of_repost", f"{what}_type"
    return Pair(
        pair,
        U2,
        item,
        (
            Field("type", f"{row.table}.{typed}", kind(own), reads=_only(row, typed)),
            Field(flagged, f"{row.table}.{flagged}", flag(), default=False, reads=_only(row, flagged)),
        ),
        is_new=True,
    )


def shared(pair: str, item: int) -> Pair:
    """Return a pair that passes something on."""
    own = pair.partition("/")[0].lower()
    cells = kind(own)
    return Pair(
        pair,
        U2,
        item,
        (Field("type", "shares.share_type", cells, reads=_only(ShareRow, "share_type")),),
        is_new=True,
    )


def value() -> tuple[Cell, ...]:
    """1 to 4."""
    no = Code.REACTION_INVALID
    return (
        *(cell("value", str(number), number, Sets(number)) for number in range(1, 5)),
        cell("value", "with a fraction", 3.9, Sets(3)),
        cell("value", "5", 5, no),
        cell("value", "below 0", -1, no),
        unsent(no),
        null(no),
        cell("empty", "0", 0, no),
        *others(IS_NUMBER, no),
        cell("another type", "digits", "3", no),
        *(cell("out of range", name, number, no) for name, number in WHOLE.items()),
    )


def tip() -> tuple[Cell, ...]:
    """The signature of a tip that the user got."""
    no = Code.TIP_NOT_FOUND
    return (
        cell("value", "", TIP, Sets(TIP)),
        cell("value", "unknown", "other", no),
        unsent(no),
        null(no),
        cell("empty", "", "", no),
        *others(IS_TEXT, no),
        cell("too long", "", "x" * 5_001, no),
        cell("NUL, surrogates", "", f"{TIP}\0\ud800", Sets(TIP)),
        cell("emoji", "", f"{TIP}😀", no),
    )


def _tip(world: World) -> None:
    world.put(TipRow(slot=7, signature=TIP, sender_user_id=U2, receiver_user_id=U1))


TIP_UPDATE = Pair(
    "Tip/Update",
    U1,
    U1,
    (
        Field("reacted_to", "reactions.reacted_to", tip(), reads=_only(ReactionRow, "reacted_to")),
        Field("reaction_value", "reactions.reaction_value", value(), reads=_only(ReactionRow, "reaction_value")),
    ),
    base={"reacted_to": TIP, "reaction_value": 1},
    stage=_tip,
    is_new=True,
)


def anything() -> tuple[Cell, ...]:
    """Whatever is sent is told, under whatever key."""
    values = {"a string": "x", "a number": 7, "true": True, "a list": ["x"], "an object": {"x": 1}}
    return (
        cell("value", "", "News", Sets({"title": "News"})),
        unsent(Sets({})),
        null(Sets({"title": None})),
        cell("empty", "", "", Sets({"title": ""})),
        *(cell("another type", name, sent, Sets({"title": sent})) for name, sent in values.items()),
        cell("too long", "", "x" * 250_001, Code.DOCUMENT_TOO_LARGE),
        cell("NUL, surrogates", "", "a\0b\ud800", Sets({"title": "ab"})),
        cell("emoji", "", "😀", Sets({"title": "😀"})),
    )


ANNOUNCE = Pair(
    "Notification/Create",
    U1,
    0,
    (Field("title", "notification.data", anything(), reads=_only(NotificationRow, "data")),),
    by=V,
    is_new=True,
)
PAIRS = (
    favored("Track/Save", T1, SaveRow, "save"),
    favored("Playlist/Save", L1, SaveRow, "save"),
    favored("Track/Repost", T1, RepostRow, "repost"),
    favored("Playlist/Repost", L1, RepostRow, "repost"),
    shared("Track/Share", T1),
    shared("Playlist/Share", L1),
    TIP_UPDATE,
    ANNOUNCE,
)
