"""Fields of comments (domain: chain and entities, 5.5.1, 5.5.2 and 5.5.5)."""

from typing import Any

from conformance.world import C1, STAMP, STAMPED, T1, T2, U1, U2, U3, World

from backbeat.index.reject import Code
from backbeat.index.rows.comments import CommentMentionRow, CommentRow, CommentThreadRow
from backbeat.index.rows.tracks import TrackRow
from fields.field import CLEARS, KEEPS, Cell, Field, Outcome, Pair, Sets, cell
from fields.kinds import (
    IS_BOOL,
    IS_LIST,
    IS_NUMBER,
    IS_TEXT,
    WHOLE,
    flag,
    ignored,
    null,
    others,
    required,
    text,
    unsent,
    whole,
)

NEW = 4_000_010
FAN_CLUB: dict[str, Any] = {"entity_type": "FanClub", "entity_id": U1}
RECORDED = {"track_id": T1, "new_id": 5, "comment_id": 5, "user_id": U1, "current_sort": "top"}  # sent, and not read
SECONDS = {"2^63": 2**63, "-2^63 - 1": -(2**63) - 1, "10^40": 10**40, "1e308": 1e308}


def kind() -> tuple[Cell, ...]:
    """``Track``, which is meant without it, or ``FanClub``."""
    no = Code.UNSUPPORTED_ENTITY
    return (
        cell("value", "Track", "Track", Sets("Track")),
        cell("value", "FanClub", "FanClub", Sets("FanClub")),
        cell("value", "Playlist", "Playlist", no),
        cell("value", "track", "track", no),
        unsent(Sets("Track")),
        null(Sets("Track")),
        cell("empty", "", "", Sets("Track")),
        *others(IS_TEXT, Sets("Track")),
        cell("NUL, surrogates", "", "FanClub\0", Sets("FanClub")),
        cell("emoji", "", "Track😀", no),
    )


def subject(known: int, unknown: Outcome) -> tuple[Cell, ...]:
    """A track that there is, deleted as it may be; for a fan club any user's id."""
    no, far = Code.METADATA_INVALID, Code.ID_OUT_OF_RANGE
    return (
        cell("value", "", known, Sets(known)),
        cell("value", "with a fraction", known + 0.5, Sets(known)),
        cell("value", "unknown", 2_999_999, unknown),
        unsent(no),
        null(no),
        *others(IS_NUMBER, no),
        cell("another type", "digits", str(known), no),
        cell("out of range", "-1", -1, far),
        *(cell("out of range", name, number, far) for name, number in WHOLE.items()),
    )


def body() -> tuple[Cell, ...]:
    """What is said, 400 characters at most."""
    return required(Code.BODY_EMPTY, most=400, beyond=Code.BODY_TOO_LONG)


def members() -> tuple[Cell, ...]:
    """Only for a fan club's members."""
    return flag()


def of_track() -> tuple[Cell, ...]:
    """A comment on a track is for everybody."""
    return (
        cell("value", "true", True, Code.MEMBERS_ONLY_SCOPE),
        cell("value", "false", False, KEEPS),
        unsent(),
        null(KEEPS),
        *others(IS_BOOL, KEEPS),
    )


def video(*, is_new: bool) -> tuple[Cell, ...]:
    """A link, which an edit replaces if it is sent."""
    gone = KEEPS if is_new else CLEARS
    return text(null_is=gone, empty_is=gone, other_is=gone, most=2_000, beyond=Code.URL_TOO_LONG)


def parent() -> tuple[Cell, ...]:
    """A comment that there is, on the same thing."""
    no, none = Code.NOT_FOUND, Sets([])
    return (
        cell("value", "", C1, Sets([C1])),
        cell("value", "with a fraction", C1 + 0.5, Sets([C1])),
        cell("value", "unknown", 4_999_999, no),
        cell("value", "below 0", -1, none),
        unsent(none),
        null(none),
        cell("empty", "0", 0, none),
        *others(IS_NUMBER, none),
        cell("another type", "digits", str(C1), none),
        *(cell("out of range", name, number, none if number < 0 else no) for name, number in WHOLE.items()),
    )


def mentions(*, is_new: bool) -> tuple[Cell, ...]:
    """A list of users, of which the first ten count."""
    no, far = Code.METADATA_INVALID, Code.ID_OUT_OF_RANGE
    return (
        cell("value", "", [U1, U2], Sets([U1, U2])),
        cell("value", "with a fraction", [U1 + 0.5], Sets([U1])),
        cell("value", "twice", [U1, U1], Sets([U1])),
        cell("value", "twelve", list(range(1, 13)), Sets(list(range(1, 11)))),
        unsent(),
        null(KEEPS),
        cell("empty", "", [], KEEPS),
        *others(IS_LIST, no),
        *(cell("another type", f"a list of {name}", [value], no) for name, value in _no_numbers().items()),
        cell("too long", "", [U1] * 1_001, no),
        cell("out of range", "-1", [-1], far),
        *(cell("out of range", name, [number], far) for name, number in WHOLE.items()),
        *(() if is_new else (cell("value", "as before", [U3], Sets([U3])),)),
    )


def _no_numbers() -> dict[str, Any]:
    return {"a string": "x", "digits": str(U1), "true": True, "null": None, "an object": {"user_id": U1}}


def _mentioned(world: World) -> list[int]:
    return sorted(row.user_id for row in world.all(CommentMentionRow) if not row.is_delete)


def _mention(world: World) -> None:
    world.put(CommentMentionRow(comment_id=C1, user_id=U3, **STAMPED))


def _parents(world: World) -> list[int]:
    return [row.parent_comment_id for row in world.all(CommentThreadRow, comment_id=NEW)]


def column(key: str, cells: tuple[Cell, ...], name: str = "", **more: Any) -> Field:
    """Return a field that fills the comment's column, of its name unless another is given."""
    return Field(key, f"comments.{name or key}", cells, **more)


def unfilled(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return the cells of a value that is checked and not stored."""
    return tuple(each._replace(outcome=KEEPS) if isinstance(each.outcome, Sets) else each for each in cells)


CREATE = Pair(
    "Comment/Create",
    U2,
    NEW,
    (
        column("entity_type", kind()),
        column("entity_id", subject(T1, Code.NOT_FOUND)),
        column(
            "entity_id, of a fan club", subject(U1, Sets(2_999_999)), "entity_id", beside={"entity_type": "FanClub"}
        ),
        column("body", body(), "text"),
        column("track_timestamp_s", whole(sample=12, wide=SECONDS)),
        column("is_members_only", of_track(), default=False),
        column("is_members_only, to a fan club", members(), "is_members_only", beside=FAN_CLUB, default=False),
        column("video_url", video(is_new=True)),
        *(
            Field(key, "comment_threads.parent_comment_id", parent(), reads=_parents, also=("comment_threads.*",))
            for key in ("parent_comment_id", "parent_id")
        ),
        Field(
            "mentions",
            "comment_mentions.user_id",
            mentions(is_new=True),
            reads=_mentioned,
            default=[],
            also=("comment_mentions.*",),
        ),
        *(Field(key, "", ignored(sample)) for key, sample in RECORDED.items()),
    ),
    base={"entity_id": T1, "entity_type": "Track", "body": "hi"},
    rows={CommentRow: (NEW,)},
    is_new=True,
)
UPDATE = Pair(
    "Comment/Update",
    U2,
    C1,
    (
        column("body", body(), "text", held="old"),
        column("video_url", video(is_new=False), held="https://old.example"),
        Field(
            "mentions",
            "comment_mentions.user_id",
            mentions(is_new=False),
            reads=_mentioned,
            held=[U3],
            holds=_mention,
            also=("comment_mentions.*", *(f"comment_mentions.{name}" for name in ("is_delete", "updated_at", *STAMP))),
        ),
        Field("entity_type", "", unfilled(kind())),
        Field("entity_id", "", unfilled(subject(T1, Code.NOT_FOUND))),
        column("track_timestamp_s", ignored(12), held=5),
        column("is_members_only", of_track(), held=False),
        *(Field(key, "", ignored(sample)) for key, sample in {**RECORDED, "parent_comment_id": C1}.items()),
    ),
    base={"entity_id": T1, "body": "new"},
    rows={CommentRow: (C1,)},
)


def pinned() -> tuple[Cell, ...]:
    """The track of the comment."""
    no, nowhere = Code.METADATA_INVALID, Code.NOT_FOUND
    return (
        cell("value", "", T1, Sets(C1)),
        cell("value", "another of one's tracks", T2, Code.PARENT_MISMATCH),
        cell("value", "unknown", 2_999_999, nowhere),
        unsent(no),
        null(no),
        *others(IS_NUMBER, no),
        cell("out of range", "-1", -1, nowhere),
        *(cell("out of range", name, number, nowhere) for name, number in WHOLE.items()),
    )


PIN = Pair(
    "Comment/Pin",
    U1,
    C1,
    (Field("entity_id", "tracks.pinned_comment_id", pinned(), held=None),),
    base={"entity_id": T1},
    rows={TrackRow: (T1,)},
)
UNPIN = Pair(
    "Comment/Unpin",
    U1,
    C1,
    (
        Field(
            "entity_id",
            "tracks.pinned_comment_id",
            tuple(each._replace(outcome=CLEARS) if isinstance(each.outcome, Sets) else each for each in pinned()),
            held=C1,
        ),
    ),
    base={"entity_id": T1},
    rows={TrackRow: (T1,)},
)
PAIRS = (CREATE, UPDATE, PIN, UNPIN)
