"""What the indexer writes about a track (domain: chain and entities, 5.2, 7.1 and 7.2)."""

from datetime import datetime
from itertools import islice
from typing import Any, ClassVar, Final

import msgspec

from backbeat.index.row import Index, Json, Past, Row

PARENTS_MAX: Final = 100
"""The tracks named behind these are no parents. The network has no bound; this number is chosen."""

PENDING, ACCEPTED, REJECTED = "pending", "accepted", "rejected"  # how a collaborator of a track stands


def _judged_by(row: "TrackRow") -> tuple[Any, ...]:
    return (
        row.owner_id,
        row.is_delete,
        row.is_unlisted,
        row.is_available,
        row.stem_of is not None,
        row.is_stream_gated is True,
        row.release_date if row.is_scheduled_release else None,
        row.pinned_comment_id,
        _parents(row.remix_of),
    )


def _parents(remix_of: Any) -> list[int] | None:
    """Return the tracks that a remix names, as ``backbeat.remix_parents`` does."""
    listed = remix_of.get("tracks") if isinstance(remix_of, dict) else None
    if not isinstance(listed, list):
        return None
    named = (track.get("parent_track_id") for track in listed if isinstance(track, dict))
    numbers = (int(each) for each in named if isinstance(each, int | float) and not isinstance(each, bool))
    return [number for number in islice(dict.fromkeys(numbers), PARENTS_MAX) if 0 < number < 2**31] or None


class TrackRow(Row, frozen=True, kw_only=True):
    """A track; one current row per id, updated in place. In which playlists it is: ``TrackListsRow``."""

    table: ClassVar[str] = "tracks"
    after: ClassVar[tuple[str, ...]] = ("users",)
    identity: ClassVar[tuple[str, ...]] = ("track_id",)
    versioned: ClassVar[bool] = True
    past: ClassVar[Past | None] = Past(
        (
            *("owner_id", "is_delete", "is_unlisted", "is_available"),
            *("is_stem", "is_stream_gated", "releases_at", "pinned_comment_id", "parents"),
        ),
        _judged_by,
    )

    track_id: int
    owner_id: int
    is_current: bool = True
    is_delete: bool = False
    is_available: bool = True
    title: str | None = None
    route_id: str | None = None
    description: str | None = None
    genre: str | None = None
    mood: str | None = None
    tags: str | None = None
    credits_splits: str | None = None
    license: str | None = None
    isrc: str | None = None
    iswc: str | None = None
    placement_hosts: str | None = None
    cover_original_song_title: str | None = None
    cover_original_artist: str | None = None
    cover_art: str | None = None
    cover_art_sizes: str | None = None
    track_cid: str | None = None
    orig_file_cid: str | None = None
    orig_filename: str | None = None
    audio_upload_id: str | None = None
    preview_cid: str | None = None
    preview_start_seconds: float | None = None
    track_segments: Json = msgspec.field(default_factory=list)
    duration: int | None = 0
    bpm: float | None = None
    musical_key: str | None = None
    audio_analysis_error_count: int = 0
    is_custom_bpm: bool | None = False
    is_custom_musical_key: bool | None = False
    is_unlisted: bool = False
    is_scheduled_release: bool = False
    release_date: datetime | None = None
    field_visibility: Json = None
    is_downloadable: bool = False
    is_original_available: bool = False
    is_playlist_upload: bool = False
    is_owned_by_user: bool = False
    comments_disabled: bool | None = False
    pinned_comment_id: int | None = None
    no_ai_use: bool | None = False
    is_stream_gated: bool | None = False
    stream_conditions: Json = None
    is_download_gated: bool | None = False
    download_conditions: Json = None
    remix_of: Json = None
    stem_of: Json = None
    ai_attribution_user_id: int | None = None
    allowed_api_keys: tuple[str, ...] | None = None
    access_authorities: tuple[str, ...] | None = None
    ddex_app: str | None = None
    ddex_release_ids: Json = None
    artists: Json = None
    resource_contributors: Json = None
    indirect_resource_contributors: Json = None
    rights_controller: Json = None
    copyright_line: Json = None
    producer_copyright_line: Json = None
    parental_warning_type: str | None = None
    parental_warning: str | None = None
    territory_codes: tuple[str, ...] | None = None
    created_at: datetime
    updated_at: datetime
    txhash: str = ""
    blockhash: str | None = None
    blocknumber: int | None = None


class TrackRouteRow(Row, frozen=True, kw_only=True):
    """A permalink of a track; those that a new title replaced stay, not current, so that old links resolve."""

    table: ClassVar[str] = "track_routes"
    identity: ClassVar[tuple[str, ...]] = ("owner_id", "slug")
    indexes: ClassVar[dict[str, Index]] = {
        "item": Index(("track_id",), only="is_current"),
        "title_slug": Index(("owner_id", "title_slug"), newest="collision_id", at_most=1),
    }

    owner_id: int
    slug: str
    title_slug: str
    collision_id: int = 0
    track_id: int
    is_current: bool = True
    txhash: str
    blockhash: str
    blocknumber: int


class StemRow(Row, frozen=True, kw_only=True):
    """A track that is a part of another."""

    table: ClassVar[str] = "stems"
    identity: ClassVar[tuple[str, ...]] = ("parent_track_id", "child_track_id")
    keep_first: ClassVar[bool] = True
    indexes: ClassVar[dict[str, Index]] = {"child": Index(("child_track_id",))}

    parent_track_id: int
    child_track_id: int


class RemixRow(Row, frozen=True, kw_only=True):
    """A track that remixes another."""

    table: ClassVar[str] = "remixes"
    identity: ClassVar[tuple[str, ...]] = ("parent_track_id", "child_track_id")
    keep_first: ClassVar[bool] = True
    indexes: ClassVar[dict[str, Index]] = {"child": Index(("child_track_id",))}

    parent_track_id: int
    child_track_id: int


class TrackCollaboratorRow(Row, frozen=True, kw_only=True):
    """A user named as a collaborator of a track: ``pending``, ``accepted`` or ``rejected``."""

    table: ClassVar[str] = "track_collaborators"
    identity: ClassVar[tuple[str, ...]] = ("track_id", "collaborator_user_id")
    indexes: ClassVar[dict[str, Index]] = {"track": Index(("track_id",))}

    track_id: int
    collaborator_user_id: int
    invited_by: int
    status: str = PENDING
    created_at: datetime
    updated_at: datetime
    txhash: str
    blocknumber: int | None


class TrackDownloadRow(Row, frozen=True, kw_only=True):
    """A user downloaded a track; ``parent_track_id`` is the track that a stem is a part of, else the track itself."""

    table: ClassVar[str] = "track_downloads"
    identity: ClassVar[tuple[str, ...]] = ("parent_track_id", "track_id", "txhash")
    keep_first: ClassVar[bool] = True

    parent_track_id: int
    track_id: int
    user_id: int | None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    created_at: datetime
    txhash: str
    blocknumber: int


class TrackPriceRow(Row, frozen=True, kw_only=True):
    """A price of a track, in cents, and since when it is asked."""

    table: ClassVar[str] = "track_price_history"
    identity: ClassVar[tuple[str, ...]] = ("track_id", "block_timestamp")
    keep_first: ClassVar[bool] = True
    indexes: ClassVar[dict[str, Index]] = {"item": Index(("track_id",), newest="block_timestamp", at_most=1)}

    track_id: int
    splits: Json
    total_price_cents: int
    access: str = "stream"
    block_timestamp: datetime
    created_at: datetime
    blocknumber: int
