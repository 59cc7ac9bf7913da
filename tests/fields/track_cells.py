"""What values of a track's fields come to (domain: chain and entities, 5.2.3 to 5.2.11)."""

from datetime import datetime
from typing import Any

from conformance.world import STAMPED, T1, T3, U1, U2, U3, World

from backbeat.index.reject import Code
from backbeat.index.rows.tracks import RemixRow, StemRow, TrackCollaboratorRow, TrackPriceRow
from backbeat.index.rows.users import UserRow
from fields.field import ABSENT, CLEARS, KEEPS, Cell, Outcome, Sets, cell, given
from fields.kinds import (
    IS_LIST,
    IS_NUMBER,
    IS_OBJECT,
    IS_TEXT,
    WHOLE,
    clearable,
    document,
    listed,
    null,
    others,
    unsent,
    whole,
)

NEW = 2_000_010
FOLLOWERS: dict[str, Any] = {"follow_user_id": U2}
CONDITIONS: dict[str, Any] = {"stream_conditions": FOLLOWERS, "download_conditions": FOLLOWERS}
DOWNLOAD_GATE: dict[str, Any] = {"is_download_gated": True, "download_conditions": FOLLOWERS}
STREAM_GATE: dict[str, Any] = {**DOWNLOAD_GATE, "is_stream_gated": True, "stream_conditions": FOLLOWERS}
VISIBLE = {"mood": True, "tags": True, "genre": True, "share": True, "play_count": True, "remixes": True}
FAR = datetime(2100, 1, 1)  # noqa: DTZ001 - the network's columns hold naive UTC
RELEASED = datetime(2025, 3, 14, 16)  # noqa: DTZ001 - the network's columns hold naive UTC


def genre() -> tuple[Cell, ...]:
    """A genre in its one spelling."""
    capital: dict[str, str] = {"rap": "Hip-Hop/Rap", "rap 😀": "Rap 😀"}
    return (
        *clearable(
            sample="rap",
            shape=lambda sent: capital.get(sent, sent.capitalize()),
            most=100,
            beyond=Code.GENRE_TOO_LONG,
        ),
        cell("value", "of many words", " hard \t TECHNO ", Sets("Hard Techno")),
    )


def when(*, is_new: bool) -> tuple[Cell, ...]:
    """A date in one of many forms; any other text counts as not sent."""
    forms = {
        "2025-03-14T16:00:00.000Z": RELEASED,
        "2025-03-14T18:00:00+02:00": RELEASED,
        "2025-03-14T16:00:00": RELEASED,
        "2025-03-14 16:00:00": RELEASED,
        "2025-03-14": datetime(2025, 3, 14),  # noqa: DTZ001 - as above
        "Fri Mar 14 2025 16:00:00 GMT+0000": RELEASED,
        "1741968000": RELEASED,
    }
    return (
        *(cell("value", form, form, Sets(date)) for form, date in forms.items()),
        cell("value", "2100-01-01", "2100-01-01", Sets(FAR) if is_new else KEEPS),
        cell("value", "no date", "soon", KEEPS),
        cell("value", "not in the calendar", "2025-02-30", KEEPS),
        unsent(),
        null(KEEPS),
        cell("empty", "", "", KEEPS),
        *others(IS_TEXT, KEEPS),
        cell("out of range", "year 10000", "10000-01-01", KEEPS),
        cell("out of range", "year 0", "0000-01-01", KEEPS),
        cell("out of range", "many seconds", "999999999999999", KEEPS),
        cell("too long", "", "2" * 6_000, KEEPS),
        cell("NUL, surrogates", "", "2025-03-14\0\ud800", Sets(datetime(2025, 3, 14))),  # noqa: DTZ001 - as above
        cell("emoji", "", "2025-03-14😀", KEEPS),
    )


def visibility() -> tuple[Cell, ...]:
    """What of a track is shown; it can be replaced and not cleared."""
    return document(sample={**VISIBLE, "mood": False}, empty_is=KEEPS, null_is=KEEPS, other_is=KEEPS)


def conditions() -> tuple[Cell, ...]:
    """Conditions of a gate, of which every word is indexed; without a gate they are stored unread."""
    old = {"usdc_purchase": {"price": 199, "splits": {"6ddo_j": 1_990_000}}}
    new = {"usdc_purchase": {"price": 199, "splits": [{"user_id": U1, "percentage": 100.0}]}}
    return (
        *document(sample=FOLLOWERS, most=10_000),
        cell("value", "two of them", {**FOLLOWERS, "tip_user_id": U2}, Sets({**FOLLOWERS, "tip_user_id": U2})),
        cell("value", "a price", new, Sets(new)),
        cell("value", "a price as older clients split it", old, Sets(new)),
    )


def gated() -> tuple[Cell, ...]:
    """Conditions behind a closed gate: exactly one, and equal for streams and downloads."""
    no = Code.GATING_INVALID
    return (
        cell("value", "", FOLLOWERS, Sets(FOLLOWERS)),
        cell("value", "two of them", {**FOLLOWERS, "tip_user_id": U2}, no),
        cell("value", "no splits", {"usdc_purchase": {"price": 199, "splits": []}}, no),
        cell("value", "splits that are none", {"usdc_purchase": {"price": 199, "splits": "all"}}, no),
        cell("value", "a purchase that is none", {"usdc_purchase": 199}, no),
        unsent(no),
        null(no),
        cell("empty", "", {}, no),
        *others(IS_OBJECT, no),
    )


def price() -> tuple[Cell, ...]:
    """Whole cents."""
    no = Code.PRICE_INVALID
    return (
        cell("value", "", 199, Sets(199)),
        cell("value", "0", 0, Sets(0)),
        cell("value", "below 0", -1, no),
        cell("value", "with a fraction", 1.5, no),
        unsent(no),
        null(no),
        *others(IS_NUMBER, no),
        cell("another type", "digits", "199", no),
        cell("out of range", "2^63", 2**63, no),
    )


def priced(value: Any) -> dict[str, Any]:
    sold = {"usdc_purchase": {**given("price", value), "splits": [{"user_id": U1, "percentage": 100}]}}
    return {
        "is_stream_gated": True,
        "stream_conditions": sold,
        "is_download_gated": True,
        "download_conditions": sold,
    }


def price_of(world: World) -> Any:
    return [row.total_price_cents for row in world.all(TrackPriceRow)][-1]


def remix_of() -> tuple[Cell, ...]:
    """The tracks that a track remixes."""
    sample = {"tracks": [{"parent_track_id": T3}]}
    return document(sample=sample)


def parents() -> tuple[Cell, ...]:
    """The parents' ids."""
    far = Code.ID_OUT_OF_RANGE
    return (
        cell("value", "", T3, Sets([T3])),
        cell("value", "with a fraction", T3 + 0.5, Sets([T3])),
        cell("value", "unknown", 2_999_999, Sets([2_999_999])),
        unsent(Sets([])),
        null(Sets([])),
        *others(IS_NUMBER, Sets([])),
        cell("out of range", "-1", -1, far),
        *(cell("out of range", name, number, far) for name, number in WHOLE.items()),
    )


def remix(value: Any) -> dict[str, Any]:
    return {"remix_of": {"tracks": [given("parent_track_id", value)]}}


def remixes(world: World) -> list[int]:
    return sorted(row.parent_track_id for row in world.all(RemixRow) if row.child_track_id in {NEW, T1})


def stem_of() -> tuple[Cell, ...]:
    """The track that a track is a part of: for ever."""
    return document(sample={"parent_track_id": T3, "category": "VOCALS"}, empty_is=KEEPS, null_is=KEEPS, other_is=KEEPS)


def stem(value: Any) -> dict[str, Any]:
    return {"stem_of": {**given("parent_track_id", value), "category": "VOCALS"}}


def stems(world: World) -> list[int]:
    return [row.parent_track_id for row in world.all(StemRow, child_track_id=NEW)]


def consent() -> tuple[Cell, ...]:
    """A user who agreed to be imitated; null and 0 take it back."""
    no = Code.AI_ATTRIBUTION_DENIED
    return (
        *whole(null_is=CLEARS, zero_is=CLEARS, negative_is=no, sample=U2, beyond=no),
        cell("value", "who did not agree", U3, no),
        cell("value", "unknown", 3_999_999, no),
    )


def agreed(world: World) -> None:
    """Let a user agree to be imitated."""
    world.put(world.the(UserRow, U2).but(allow_ai_attribution=True))


def keys(*, lower: bool) -> tuple[Cell, ...]:
    """A list of texts, each in its shape; what is no text is dropped."""
    sent: list[Any] = ["0xAB", 5, None, "0xcd"] if lower else [" 0xAB ", 5, None, "0xcd"]
    return (
        *listed(sample=sent, stored=("0xab", "0xcd") if lower else ("0xAB", "0xcd"), empty_is=Sets(())),
        cell("too long", "", ["x"] * 1_001, Code.DOCUMENT_TOO_LARGE),
        cell("too long", "an item", ["x" * 5_001], Code.TEXT_TOO_LONG),
        cell("NUL, surrogates", "", ["a\0b\ud800"], Sets(("ab",))),
        cell("emoji", "", ["😀"], Sets(("😀",))),
    )


def territories() -> tuple[Cell, ...]:
    """Codes of two capital letters; a list with any other counts as not sent."""
    return (
        *listed(sample=["US", "GB"], stored=("US", "GB"), empty_is=KEEPS, wrong=["US", 5]),
        cell("value", "in small letters", ["US", "gb"], KEEPS),
        cell("value", "of three letters", ["USA"], KEEPS),
        cell("too long", "", ["US"] * 1_001, Code.DOCUMENT_TOO_LARGE),
        cell("NUL, surrogates", "", ["U\0S"], Sets(("US",))),
        cell("emoji", "", ["😀😀"], KEEPS),
    )


def collaborators() -> tuple[Cell, ...]:
    """Users by id, or objects with ``user_id``; the owner, 0, repetitions and what is no number are dropped."""
    far = Code.ID_OUT_OF_RANGE
    none: Outcome = Sets([])
    return (
        cell("value", "", [U2, U3], Sets([U2, U3])),
        cell("value", "objects", [{"user_id": U2}, {"user_id": U3}], Sets([U2, U3])),
        cell("value", "the owner, 0, twice, words", [U1, 0, U2, U2, {"user_id": U2}, "x", None], Sets([U2])),
        cell("value", "51", list(range(1, 52)), Sets(list(range(1, 51)))),
        unsent(),
        null(none),
        cell("empty", "", [], none),
        *others(IS_LIST, KEEPS),
        *(cell("out of range", name, [number], far) for name, number in WHOLE.items()),
        cell("value", "one of them", [U3], Sets([U3])),
    )


def collaborating(world: World) -> list[int]:
    return sorted(row.collaborator_user_id for row in world.all(TrackCollaboratorRow))


def collaborator(world: World) -> None:
    world.put(
        TrackCollaboratorRow(
            track_id=T1,
            collaborator_user_id=U3,
            invited_by=U1,
            created_at=STAMPED["created_at"],
            updated_at=STAMPED["updated_at"],
            txhash="OLD",
            blocknumber=9,
        )
    )


def both(value: Any) -> dict[str, Any]:
    """Return what says the same of streams and downloads."""
    if value is ABSENT:
        return {"stream_conditions": None, "download_conditions": None}
    return {"stream_conditions": value, "download_conditions": value}
