"""Fields of tracks (domain: chain and entities, 5.2.3 to 5.2.12)."""

from collections.abc import Callable
from typing import Any

from conformance.world import STAMPED, T1, T2, T3, U1, U2, U3, W1, B, World

from backbeat.index.reject import Code
from backbeat.index.rows.tracks import TrackDownloadRow, TrackRow
from fields import track_cells as cells
from fields.field import KEEPS, Cell, Field, Pair, Sets, cell, given
from fields.kinds import (
    IS_NUMBER,
    WHOLE,
    clearable,
    document,
    flag,
    ignored,
    listed,
    null,
    others,
    real,
    required,
    sticky,
    text,
    unsent,
    whole,
    word,
)

NEW = cells.NEW
TEXTS = (
    *("mood", "tags", "license", "isrc", "iswc", "cover_original_song_title", "cover_original_artist"),
    *("placement_hosts", "credits_splits", "parental_warning_type", "cover_art_sizes", "preview_cid"),
)
FILES = ("orig_file_cid", "orig_filename", "audio_upload_id")
FLAGS = (
    *("is_unlisted", "is_downloadable", "is_original_available", "is_scheduled_release", "is_playlist_upload"),
    *("comments_disabled", "no_ai_use", "is_custom_bpm", "is_custom_musical_key", "is_owned_by_user"),
)
DOCUMENTS = ("rights_controller", "copyright_line", "producer_copyright_line")
LISTS = ("artists", "resource_contributors", "indirect_resource_contributors")
IMMUTABLE = {
    "owner_id": U2,
    "is_available": False,
    "is_delete": True,
    "is_current": False,
    "blocknumber": 5,
    "blockhash": "bb",
    "txhash": "AB",
    "created_at": "2020-01-01",
    "updated_at": "2020-01-01",
    "slot": 5,
    "metadata_multihash": "Qm",
    "route_id": "bob/else",
    "pinned_comment_id": 4_000_001,
    "playlists_containing_track": [400_001],
    "playlists_previously_containing_track": {"400001": {"time": 1}},
}
IGNORED = {
    "track_id": T3,
    "cover_art_cid": "Qm",
    "repost_count": 5,
    "save_count": 5,
    "play_count": 5,
    "permalink": "/bob/else",
}
ROUTE = ("tracks.route_id", "track_routes.*", "track_routes.is_current")
PRICED = ("track_price_history.*", *(f"tracks.{key}" for key in ("stream_conditions", "download_conditions")))
GATED = ("tracks.is_stream_gated", "tracks.is_download_gated")
LONG = [{"x": "x" * 250_000}]
OLD: Any = {"old": 1}


def column(key: str, values: tuple[Cell, ...], **more: Any) -> Field:
    """Return a field that fills the track's column of its name."""
    return Field(key, f"tracks.{key}", values, **more)


WORDS = (
    column("genre", cells.genre(), held="Techno"),
    column("description", clearable(most=2_500, beyond=Code.DESCRIPTION_TOO_LONG), held="old"),
    *(column(key, clearable(), held="old") for key in TEXTS),
    Field("cover_art", "tracks.cover_art_sizes", sticky(), held="old", also=("tracks.cover_art",)),
    column("track_cid", text(most=2_500, beyond=Code.VALUE_OUT_OF_RANGE, emoji=Sets("Words😀")), held="old"),
    *(column(key, sticky(), held="old") for key in FILES),
    column("musical_key", word("A flat minor"), held="Silence"),
    column("parental_warning", word("explicit"), held="not_explicit"),
)
NUMBERS = (
    column("preview_start_seconds", real(), held=7.5),
    column("duration", whole(zero_is=KEEPS, negative_is=KEEPS, below=KEEPS), default=0, held=99),
    column("bpm", real(zero_is=KEEPS), held=99.5),
    column("audio_analysis_error_count", whole(), default=0, held=9),
    column("ai_attribution_user_id", cells.consent(), held=77, holds=cells.agreed),
)
GATES = (
    column("is_stream_gated", flag(), default=False, held=True, beside={**cells.DOWNLOAD_GATE, **cells.CONDITIONS}),
    column("is_download_gated", flag(), default=False, held=True, beside=cells.CONDITIONS),
    *(column(key, cells.conditions(), held={"tip_user_id": U3}) for key in cells.CONDITIONS),
    Field(
        "stream_conditions, gated",
        "tracks.stream_conditions",
        cells.gated(),
        held={"tip_user_id": U3},
        says=lambda value: {**cells.STREAM_GATE, **cells.both(value)},
        also=("tracks.download_conditions", *GATED),
    ),
    Field(
        "download_conditions, gated",
        "tracks.download_conditions",
        cells.gated(),
        held={"tip_user_id": U3},
        says=lambda value: {"is_download_gated": True, **given("download_conditions", value)},
        also=GATED,
    ),
    Field(
        "stream_conditions.usdc_purchase.price",
        "track_price_history.total_price_cents",
        cells.price(),
        says=cells.priced,
        reads=cells.price_of,
        also=(*PRICED, *GATED),
    ),
)
DOCUMENTED = (
    column("field_visibility", cells.visibility(), default=cells.VISIBLE, held={"mood": False}),
    column("ddex_release_ids", document(sample={"isrc": "x"}, most=10_000), held=OLD),
    *(column(key, document(sample={"text": "x"}), held=OLD) for key in DOCUMENTS),
    *(
        column(key, listed(sample=[{"n": "x"}], wrong=[{"n": "x"}, "y"], empty_is=Sets([]), long=LONG), held=[OLD])
        for key in LISTS
    ),
    column(
        "track_segments",
        listed(sample=[{"duration": 6}], null_is=KEEPS, empty_is=Sets([]), long=LONG),
        default=[],
        held=[OLD],
    ),
    column("allowed_api_keys", cells.keys(lower=True), held=("old",)),
    column("access_authorities", cells.keys(lower=False), held=("old",)),
    column("territory_codes", cells.territories(), held=("DE",)),
)
LINKS = (
    column("remix_of", cells.remix_of(), also=("remixes.*",), held={"tracks": []}),
    Field(
        "remix_of.tracks[].parent_track_id",
        "remixes.parent_track_id",
        cells.parents(),
        says=cells.remix,
        reads=cells.remixes,
        also=("remixes.*", "tracks.remix_of"),
        default=[],
    ),
    column("stem_of", cells.stem_of(), also=("stems.*",), held={"parent_track_id": T2, "category": "X"}),
)
COLLABORATORS = Field(
    "collaborators",
    "track_collaborators.collaborator_user_id",
    cells.collaborators(),
    also=("track_collaborators.*",),
    reads=cells.collaborating,
    default=[],
)
SHARED = (
    *(WORDS + NUMBERS + GATES + DOCUMENTED + LINKS),
    *(column(key, flag(), default=False, held=key != "is_unlisted") for key in FLAGS),
    *(Field(key, "", ignored(sample)) for key, sample in IGNORED.items()),
)
OWNER = (
    cell("value", "", U1, Sets(U1)),
    cell("value", "with a fraction", U1 + 0.5, Sets(U1)),
    cell("value", "of another user", U2, Code.OWNER_MISMATCH),
    unsent(Code.OWNER_MISMATCH),
    null(Code.OWNER_MISMATCH),
    cell("empty", "0", 0, Code.OWNER_MISMATCH),
    *others(IS_NUMBER, Code.OWNER_MISMATCH),
    cell("another type", "digits", str(U1), Code.OWNER_MISMATCH),
    *(cell("out of range", name, number, Code.OWNER_MISMATCH) for name, number in WHOLE.items()),
)
CREATE = Pair(
    "Track/Create",
    U1,
    NEW,
    (
        column("owner_id", OWNER),
        column("title", required(Code.TITLE_MISSING, sample="Other Song"), also=ROUTE),
        column("release_date", cells.when(is_new=True), default=B),
        *SHARED,
        COLLABORATORS,
        column("is_available", flag(), default=True),
        column("ddex_app", clearable()),
        Field(
            "stem_of.parent_track_id",
            "stems.parent_track_id",
            cells.parents(),
            says=cells.stem,
            reads=cells.stems,
            default=[],
            also=("stems.*", "tracks.stem_of"),
        ),
    ),
    base={"title": "Song", "owner_id": U1},
    rows={TrackRow: (NEW,)},
    is_new=True,
)
UPDATE = Pair(
    "Track/Update",
    U1,
    T1,
    (
        column("title", sticky(sample="Other Song"), also=ROUTE, held="Song A"),
        column("release_date", cells.when(is_new=False), held=STAMPED["created_at"]),
        *SHARED,
        COLLABORATORS._replace(held=[U3], holds=cells.collaborator),
        Field("is_unlisted, of a hidden track", "tracks.is_unlisted", flag(), held=True, also=("tracks.release_date",)),
        Field(
            "release_date, of a hidden track",
            "tracks.release_date",
            (cell("value", "2100-01-01", "2100-01-01", Sets(cells.FAR)),),
            held=STAMPED["created_at"],
            holds=lambda world: world.put(world.the(TrackRow, T1).but(is_unlisted=True)),
        ),
        column("ddex_app", ignored("0xother"), held=W1),
        *(Field(key, "", ignored(sample)) for key, sample in IMMUTABLE.items()),
    ),
    rows={TrackRow: (T1,)},
)


def place() -> tuple[Cell, ...]:
    """A text; an empty one is one."""
    return text(empty_is=Sets(""))


def _downloaded(name: str) -> Callable[[World], Any]:
    return lambda world: getattr(world.all(TrackDownloadRow)[0], name)


DOWNLOAD = Pair(
    "Track/Download",
    U2,
    T1,
    tuple(
        Field(key, f"track_downloads.{key}", place(), reads=_downloaded(key)) for key in ("city", "region", "country")
    ),
    is_new=True,
)
PAIRS = (CREATE, UPDATE, DOWNLOAD)
