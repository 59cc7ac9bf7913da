"""Fields of events (domain: chain and entities, 5.6.1 and 5.6.2)."""

from datetime import datetime, timedelta
from typing import Any

from conformance.world import STAMPED, T1, T3, U1, B, World

from backbeat.index.reject import Code
from backbeat.index.rows.events import EventRow
from fields.field import CLEARS, KEEPS, Cell, Field, Outcome, Pair, Sets, cell
from fields.kinds import IS_NUMBER, IS_TEXT, WHOLE, document, ignored, null, others, unsent

NEW, OLD = 900, 901
FAR = "2030-01-01"
ENDS = datetime(2030, 1, 1)  # noqa: DTZ001 - the network's columns hold naive UTC
LIVE: dict[str, Any] = {"event_type": "live_event", "entity_type": "user", "entity_id": U1, "end_date": FAR}
TOLD = {"description": "d", "winners": [T3]}


def kind() -> tuple[Cell, ...]:
    """One of three."""
    no = Code.METADATA_INVALID
    return (
        *(cell("value", name, name, Sets(name)) for name in ("remix_contest", "live_event", "new_release")),
        cell("value", "another word", "party", no),
        cell("value", "in capitals", "LIVE_EVENT", no),
        unsent(no),
        null(no),
        cell("empty", "", "", no),
        *others(IS_TEXT, no),
        cell("NUL, surrogates", "", "live_event\0", Sets("live_event")),
        cell("emoji", "", "live_event😀", no),
    )


def about(*, is_contest: bool) -> tuple[Cell, ...]:
    """One of three, or nothing unless it is a contest."""
    none: Outcome = Code.METADATA_INVALID if is_contest else Sets(None)
    no = Code.METADATA_INVALID
    return (
        *(cell("value", name, name, Sets(name)) for name in ("collection", "user")),
        cell("value", "another word", "album", no),
        unsent(none),
        null(none),
        cell("empty", "", "", none),
        *others(IS_TEXT, none),
        cell("emoji", "", "user😀", no),
    )


def subject(kind: str) -> tuple[Cell, ...]:
    """The id of what it is about: one's own track, or anything of another kind."""
    is_track = kind == "track"
    none: Outcome = Code.METADATA_INVALID if is_track else Sets(None)
    known, far = T1 if is_track else U1, Code.ID_OUT_OF_RANGE
    return (
        cell("value", "", known, Sets(known)),
        cell("value", "with a fraction", known + 0.5, Sets(known)),
        cell("value", "unknown", 2_999_999, Code.NOT_FOUND if is_track else Sets(2_999_999)),
        *((cell("value", "another user's", T3, Code.NOT_OWNER),) if is_track else ()),
        unsent(none),
        null(none),
        *others(IS_NUMBER, none),
        cell("another type", "digits", str(known), none),
        cell("out of range", "-1", -1, far),
        *(cell("out of range", name, number, far) for name, number in WHOLE.items()),
    )


def end(*, is_contest: bool) -> tuple[Cell, ...]:
    """A date that is not over, in ISO 8601; what is no contest may be open."""
    no, past = Code.END_DATE_INVALID, Code.END_DATE_PAST
    return (
        cell("value", "", FAR, Sets(ENDS)),
        cell("value", "with a zone", "2030-01-01T02:00:00+02:00", Sets(ENDS)),
        cell("value", "now", B.isoformat(), Sets(B)),
        cell("value", "a second ago", (B - timedelta(seconds=1)).isoformat(), past),
        cell("value", "no date", "soon", no),
        cell("value", "seconds", "1893456000", no),
        cell("value", "not in the calendar", "2030-02-30", no),
        unsent(no),
        null(no if is_contest else Sets(None)),
        cell("empty", "", "", no),
        *others(IS_TEXT, no),
        cell("out of range", "year 10000", "10000-01-01", no),
        cell("too long", "", "2" * 6_000, no),
        cell("NUL, surrogates", "", f"{FAR}\0\ud800", Sets(ENDS)),
        cell("emoji", "", f"{FAR}😀", no),
    )


def new_end(*, is_contest: bool) -> tuple[Cell, ...]:
    """A date in ISO 8601: of a contest not before the one that stands, of others not before now."""
    no = Code.END_DATE_INVALID
    early = cell(
        "value", "a day earlier", "2026-12-31", Code.END_DATE_EARLIER if is_contest else Sets(_day(2026, 12, 31))
    )
    return (
        cell("value", "later", FAR, Sets(ENDS)),
        early,
        cell("value", "over", "2026-01-01", Code.END_DATE_EARLIER if is_contest else Code.END_DATE_PAST),
        cell("value", "no date", "soon", no),
        unsent(),
        null(KEEPS),
        cell("empty", "", "", KEEPS),
        *others(IS_TEXT, KEEPS),
        cell("out of range", "year 10000", "10000-01-01", no),
        cell("NUL, surrogates", "", f"{FAR}\0\ud800", Sets(ENDS)),
        cell("emoji", "", f"{FAR}😀", no),
    )


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day)  # noqa: DTZ001 - the network's columns hold naive UTC


def told(*, is_new: bool) -> tuple[Cell, ...]:
    """An object, stored as a whole; what is neither that nor null counts as not sent."""
    return (
        *(
            each
            for each in document(sample=TOLD, empty_is=Sets({}), null_is=KEEPS if is_new else CLEARS, other_is=KEEPS)
        ),
    )


def put(kind: str, ends: datetime) -> Any:
    """Return what puts an event."""

    def stage(world: World) -> None:
        world.put(
            EventRow(
                event_id=OLD, event_type=kind, user_id=U1, entity_type="track", entity_id=T1, end_date=ends, **STAMPED
            )
        )

    return stage


def column(key: str, cells: tuple[Cell, ...], name: str = "", **more: Any) -> Field:
    """Return a field that fills the event's column, of its name unless another is given."""
    return Field(key, f"events.{name or key}", cells, **more)


CONTEST: dict[str, Any] = {"event_type": "remix_contest", "entity_type": "track", "entity_id": T1}
CREATE = Pair(
    "Event/Create",
    U1,
    NEW,
    (
        column("event_type", kind()),
        column("entity_type", about(is_contest=False)),
        column(
            "entity_type, of a contest", about(is_contest=True), "entity_type", beside={"event_type": "remix_contest"}
        ),
        column("entity_id", subject("user")),
        column(
            "entity_id, of a track", subject("track"), "entity_id", beside={"entity_type": "track", "entity_id": T1}
        ),
        column("end_date", end(is_contest=False)),
        column("end_date, of a contest", end(is_contest=True), "end_date", beside=CONTEST),
        column("event_data", told(is_new=True)),
    ),
    base=LIVE,
    rows={EventRow: (NEW,)},
    is_new=True,
)
STANDS = _day(2027, 1, 1)
UPDATE = Pair(
    "Event/Update",
    U1,
    OLD,
    (
        column("end_date", new_end(is_contest=False), held=STANDS),
        column(
            "end_date, of a contest",
            new_end(is_contest=True),
            "end_date",
            held=STANDS,
            holds=put("remix_contest", STANDS),
        ),
        column("event_data", told(is_new=False), held={"description": "old"}),
        *(Field(key, "", ignored(sample)) for key, sample in CONTEST.items()),
    ),
    rows={EventRow: (OLD,)},
    stage=put("live_event", STANDS),
)
PAIRS = (CREATE, UPDATE)
