"""Fields of playlists and albums (domain: chain and entities, 5.3.3 to 5.3.6)."""

from collections.abc import Callable
from typing import Any

from conformance.world import B_SECONDS, L1, P1, STAMPED, T1, T2, T3, U1, U2, W1, B, World

from backbeat.index.reject import Code
from backbeat.index.rows.playlists import AlbumPriceRow, PlaylistRow, PlaylistTrackRow
from backbeat.index.wire.stamp import with_zone
from fields.field import ABSENT, KEEPS, Cell, Field, Outcome, Pair, Sets, cell, given
from fields.kinds import IS_LIST, IS_OBJECT, clearable, document, flag, ignored, null, others, unsent
from fields.track_cells import FOLLOWERS, price, when
from fields.tracks import IMMUTABLE

NEW = 400_010
SAID = 1_767_000_000
IMAGES = "playlist_image_sizes_multihash", "playlist_image_multihash"
ROUTE = ("playlist_routes.*", "playlist_routes.is_current")
LISTED = ("playlists.last_added_to", "playlist_tracks.*", "playlist_tracks.is_removed", "playlist_tracks.updated_at")
IGNORED = {"cover_art_cid": "Qm", "license": "x", "mood": "Cool", "tags": "a,b", "genre": "Pop", "playlist_id": L1}
FIXED = {
    key: value
    for key, value in IMMUTABLE.items()
    if key not in {"owner_id", "route_id", "pinned_comment_id"} and not key.startswith("playlists_")
}


def entry(track: int, said: int = B_SECONDS, time: int = B_SECONDS) -> dict[str, int]:
    """Return an entry as it is stored."""
    return {"track": track, "time": time, "metadata_time": said}


def holding(*entries: dict[str, int]) -> dict[str, Any]:
    """Return contents as they are stored."""
    return {"track_ids": list(entries)}


EMPTY = holding()


def contents(*, is_new: bool) -> tuple[Cell, ...]:
    """A list of entries, or an object with one under ``track_ids``."""
    no, full = Code.METADATA_INVALID, Code.TOO_MANY_TRACKS
    sent = [{"track_id": T1, "timestamp": 0, "metadata_timestamp": SAID}]
    return (
        cell("value", "", sent, Sets(holding(entry(T1, SAID)))),
        cell("value", "under track_ids", {"track_ids": [{"track": T1, "time": SAID}]}, Sets(holding(entry(T1, SAID)))),
        cell("value", "twice", [*sent, *sent], Sets(holding(entry(T1, SAID), entry(T1, SAID)))),
        unsent(),
        null(Sets(EMPTY) if is_new else KEEPS),
        cell("empty", "", [], Sets(EMPTY)),
        cell("empty", "under track_ids", {"track_ids": []}, Sets(EMPTY)),
        *others(IS_LIST, no),
        cell("another type", "a list of a string", ["x", 7, None, [], {}], Sets(EMPTY)),
        cell("another type", "under track_ids", {"track_ids": "x"}, no),
        cell("too long", "", [{"track": T1}] * 5_001, full),
        cell("too long", "under track_ids", {"track_ids": [{}] * 5_001}, full),
    )


def track_of_entry() -> tuple[Cell, ...]:
    """An id, as a number, a hashid or digits; an entry without one is dropped."""
    none: Outcome = Sets(EMPTY)
    return (
        cell("value", "", T1, Sets(holding(entry(T1)))),
        cell("value", "a hashid", "P8mWR", Sets(holding(entry(T1)))),
        cell("value", "digits", str(T2), Sets(holding(entry(T2)))),
        cell("value", "with a fraction", T1 + 0.5, Sets(holding(entry(T1)))),
        cell("value", "unknown", 2_999_999, Sets(holding(entry(2_999_999)))),
        unsent(none),
        null(none),
        cell("empty", "0", 0, none),
        cell("empty", '""', "", none),
        *others({"a number"}, none),
        cell("out of range", "-1", -1, none),
        cell("out of range", "2^31", 2**31, none),
        cell("out of range", "2^31, as digits", str(2**31), none),
        cell("out of range", "10^40", 10**40, none),
        cell("NUL, surrogates", "", "P8\0mWR", Sets(holding(entry(T1)))),
        cell("emoji", "", "😀", none),
    )


def time_of_entry() -> tuple[Cell, ...]:
    """Seconds; what is no number, or 0, is the block's time."""
    now: Outcome = Sets(holding(entry(T1)))
    return (
        cell("value", "", SAID, Sets(holding(entry(T1, SAID)))),
        cell("value", "with a fraction", SAID + 0.5, Sets(holding(entry(T1, SAID)))),
        unsent(now),
        null(now),
        cell("empty", "0", 0, now),
        *others({"a number"}, now),
        cell("another type", "digits", str(SAID), now),
        cell("out of range", "2^63", 2**63, now),
        cell("out of range", "10^40", 10**40, now),
    )


def in_entry(key: str, **beside: int) -> Callable[[Any], dict[str, Any]]:
    """Return what says a value in an entry."""
    return lambda value: {"playlist_contents": [{**beside, **given(key, value)}]}


def _held(world: World) -> None:
    before = with_zone(STAMPED["created_at"])
    world.put(PlaylistTrackRow(playlist_id=P1, track_id=T3, created_at=before, updated_at=before))


def _documents() -> tuple[Cell, ...]:
    """An object or a list with something in it."""
    return (
        *(each for each in document(sample={"x": "y"}) if each.name != "a list"),
        cell("value", "a list", ["x"], Sets(["x"])),
    )


def _priced(value: Any) -> dict[str, Any]:
    sold = {"usdc_purchase": {**given("price", value), "splits": [{"user_id": U1, "percentage": 100}]}}
    return {"is_stream_gated": True, "stream_conditions": sold}


def _price_of(world: World) -> Any:
    return world.all(AlbumPriceRow)[-1].total_price_cents


def _gate() -> tuple[Cell, ...]:
    no = Code.GATING_INVALID
    return (
        cell("value", "", FOLLOWERS, Sets(FOLLOWERS)),
        cell("value", "two of them", {**FOLLOWERS, "tip_user_id": U2}, no),
        cell("value", "no splits", {"usdc_purchase": {"price": 199, "splits": []}}, no),
        unsent(no),
        null(no),
        cell("empty", "", {}, no),
        *others(IS_OBJECT, no),
    )


def column(key: str, cells: tuple[Cell, ...], **more: Any) -> Field:
    """Return a field that fills the playlist's column of its name."""
    return Field(key, f"playlists.{key}", cells, **more)


PRICE: dict[str, Any] = {"usdc_purchase": {"price": 199, "splits": {"6ddo_j": 1_990_000}}}
TO_OWNER: dict[str, Any] = {"usdc_purchase": {"price": 199, "splits": [{"user_id": U1, "percentage": 100.0}]}}
TEXTS = (
    column("playlist_name", clearable(sample="Other Mix"), also=ROUTE, held="Mix"),
    column("description", clearable(most=2_500, beyond=Code.DESCRIPTION_TOO_LONG), held="old"),
    column(IMAGES[0], clearable(), also=(f"playlists.{IMAGES[1]}",), held="old"),
    Field(f"{IMAGES[0]}, alone", f"playlists.{IMAGES[1]}", clearable(), also=(f"playlists.{IMAGES[0]}",), held="old"),
    Field(
        f"{IMAGES[0]}, beside the other",
        f"playlists.{IMAGES[1]}",
        (cell("value", "", "sizes", Sets("own")),),
        beside={IMAGES[1]: "own"},
        also=(f"playlists.{IMAGES[0]}",),
        held="old",
    ),
    column(IMAGES[1], clearable(), held="old"),
    *(column(key, clearable(), held="old") for key in ("upc", "parental_warning_type")),
)
FLAGS = (
    column("is_private", flag(), default=False, held=False),
    column("is_image_autogenerated", flag(), default=False, held=True),
    column("is_scheduled_release", flag(), default=False, held=True),
    column("is_stream_gated", flag(), default=False, beside={"stream_conditions": FOLLOWERS}, held=True),
)
CONDITIONS = (
    column(
        "stream_conditions",
        (*document(sample=FOLLOWERS), cell("value", "a price as older clients split it", PRICE, Sets(TO_OWNER))),
        held={"tip_user_id": U2},
    ),
    Field(
        "stream_conditions, gated",
        "playlists.stream_conditions",
        _gate(),
        held={"tip_user_id": U2},
        says=lambda value: {"is_stream_gated": True, **given("stream_conditions", value)},
        also=("playlists.is_stream_gated",),
    ),
    Field(
        "stream_conditions.usdc_purchase.price",
        "album_price_history.total_price_cents",
        price(),
        says=_priced,
        reads=_price_of,
        also=("album_price_history.*", "playlists.stream_conditions", "playlists.is_stream_gated"),
    ),
)
ENTRIES = (
    *(
        Field(
            f"playlist_contents[].{key}",
            "playlists.playlist_contents",
            track_of_entry(),
            says=in_entry(key),
            also=LISTED,
            held=EMPTY,
        )
        for key in ("track", "track_id")
    ),
    *(
        Field(
            f"playlist_contents[].{key}",
            "playlists.playlist_contents",
            time_of_entry(),
            says=in_entry(key, track=T1),
            also=LISTED,
            held=EMPTY,
        )
        for key in ("metadata_timestamp", "metadata_time", "timestamp", "time")
    ),
)
TIMES = {"time": SAID + 3, "timestamp": SAID + 2, "metadata_time": SAID + 1, "metadata_timestamp": SAID}


def _times(*keys: str) -> dict[str, Any]:
    return {"track": T1, **{key: TIMES[key] for key in keys}}


FIRST_TIME = Field(
    "playlist_contents[], with several times",
    "playlists.playlist_contents",
    (
        cell("value", "all", _times(*TIMES), Sets(holding(entry(T1, SAID)))),
        cell("value", "without the first", _times(*list(TIMES)[:3]), Sets(holding(entry(T1, SAID + 1)))),
        cell("value", "the older two", _times("time", "timestamp"), Sets(holding(entry(T1, SAID + 2)))),
        cell(
            "value", "the first is 0", {**_times(*TIMES), "metadata_timestamp": 0}, Sets(holding(entry(T1, SAID + 1)))
        ),
    ),
    says=lambda value: {"playlist_contents": [] if value is ABSENT else [value]},
    also=LISTED,
    held=EMPTY,
)
SHARED = (
    *(TEXTS + FLAGS + CONDITIONS + ENTRIES),
    FIRST_TIME,
    *(
        column(key, _documents(), held={"old": 1})
        for key in ("ddex_release_ids", "artists", "copyright_line", "producer_copyright_line")
    ),
    *(Field(key, "", ignored(sample)) for key, sample in IGNORED.items()),
)
CREATE = Pair(
    "Playlist/Create",
    U1,
    NEW,
    (
        *SHARED,
        column("playlist_contents", contents(is_new=True), default=EMPTY, also=LISTED),
        column("release_date", when(is_new=True), default=B),
        column("is_album", flag(), default=False),
        column("ddex_app", clearable()),
    ),
    base={"description": "x"},
    rows={PlaylistRow: (NEW,)},
    is_new=True,
)
UPDATE = Pair(
    "Playlist/Update",
    U1,
    P1,
    (
        *SHARED,
        column("playlist_contents", contents(is_new=False), also=LISTED, held=holding(entry(T3, 5, 5)), holds=_held),
        column("release_date", when(is_new=False), held=STAMPED["created_at"]),
        Field(
            "is_private, of a private playlist",
            "playlists.is_private",
            flag(),
            held=True,
            also=("playlists.release_date",),
        ),
        column("is_album", ignored(False), held=True),
        column("ddex_app", ignored("0xother"), held=W1),
        *(Field(key, "", ignored(sample)) for key, sample in {"playlist_owner_id": U2, **FIXED}.items()),
    ),
    rows={PlaylistRow: (P1,)},
)
PAIRS = (CREATE, UPDATE)
