"""Which key of a track's payload fills which column, and how (domain: chain and entities, 5.2.3)."""

import re
from typing import Any

from backbeat.index.content.gating import with_split_list
from backbeat.index.content.releases import is_due, release_on_create, release_on_update
from backbeat.index.payload.bounds import bounded_list, bounded_text
from backbeat.index.payload.columns import (
    KEEP,
    Columns,
    clearable,
    count,
    document,
    each,
    flag,
    indexed_document,
    list_of_documents,
    one_of,
    positive,
    read_columns,
    real,
    real_not_zero,
    reference,
    sticky,
    sticky_document,
    sticky_list,
    texts,
)  # fmt: skip
from backbeat.index.payload.genres import normalize_genre
from backbeat.index.payload.metadata import Payload, text
from backbeat.index.reject import Code, Reject
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.wire.transaction import EntityTransaction

CID_BYTES_MAX = 2_500  # the column is indexed; see slugs.SLUG_BYTES_MAX
DESCRIPTION_CHARACTERS_MAX = 2_500
GENRE_CHARACTERS_MAX = 100

NOTES = ("A", "B flat", "B", "C", "D flat", "D", "E flat", "E", "F", "G flat", "G", "A flat")
MUSICAL_KEYS = (*(f"{note} {mode}" for note in NOTES for mode in ("major", "minor")), "Silence")
WARNINGS = ("explicit", "explicit_content_edited", "not_explicit", "no_advice_available")
TERRITORY = re.compile("[A-Z]{2}")
VISIBLE = dict.fromkeys(("mood", "tags", "genre", "share", "play_count", "remixes"), True)


def _genre(value: Any, key: str) -> Any:
    genre = clearable(value, key)
    return (normalize_genre(genre) or None) if isinstance(genre, str) else genre


def _cid(value: Any, key: str) -> Any:
    cid = sticky(value, key)
    if cid is not KEEP and len(cid.encode()) > CID_BYTES_MAX:
        raise Reject(Code.VALUE_OUT_OF_RANGE, key)
    return cid


def _territories(value: Any, key: str) -> Any:
    if isinstance(value, list) and value and all(isinstance(c, str) and TERRITORY.fullmatch(c) for c in value):
        return tuple(bounded_list(value, key))
    return None if value is None else KEEP


COLUMNS: Columns = {
    **each("title orig_filename audio_upload_id orig_file_cid", sticky),
    "track_cid": _cid,
    **each("description mood tags license isrc iswc credits_splits placement_hosts", clearable),
    **each("cover_original_song_title cover_original_artist parental_warning_type", clearable),
    **each("cover_art_sizes preview_cid", clearable),
    "genre": _genre,
    **each("is_unlisted is_scheduled_release is_stream_gated is_download_gated is_downloadable", flag),
    **each("is_original_available is_playlist_upload comments_disabled no_ai_use", flag),
    **each("is_custom_bpm is_custom_musical_key is_owned_by_user", flag),
    "duration": positive,
    "audio_analysis_error_count": count,
    "ai_attribution_user_id": reference,
    "preview_start_seconds": real,
    "bpm": real_not_zero,
    "musical_key": one_of(*MUSICAL_KEYS),
    "parental_warning": one_of(*WARNINGS),
    "field_visibility": sticky_document,
    "stem_of": sticky_document,
    **each("stream_conditions download_conditions ddex_release_ids", indexed_document),
    **each("remix_of rights_controller copyright_line producer_copyright_line", document),
    **each("artists resource_contributors indirect_resource_contributors", list_of_documents),
    "track_segments": sticky_list,
    "allowed_api_keys": texts(str.lower),
    "access_authorities": texts(str.strip),
    "territory_codes": _territories,
}

COLUMNS_ON_CREATE: Columns = {**COLUMNS, "is_available": flag, "ddex_app": clearable}


def check_track_text(payload: Payload) -> None:
    """Reject texts longer than the network allows."""
    if len(text(payload, "description")) > DESCRIPTION_CHARACTERS_MAX:
        raise Reject(Code.DESCRIPTION_TOO_LONG, "description")
    if len(text(payload, "genre")) > GENRE_CHARACTERS_MAX:
        raise Reject(Code.GENRE_TOO_LONG, "genre")


def columns_on_create(tx: EntityTransaction, payload: Payload) -> dict[str, Any]:
    """Return the columns of a new track; what the payload leaves open keeps the row's default."""
    changes = _read(tx, payload, COLUMNS_ON_CREATE)
    changes.setdefault("field_visibility", VISIBLE)
    return changes | release_on_create(tx, payload, "is_unlisted")


def columns_on_update(tx: EntityTransaction, payload: Payload, stored: TrackRow) -> dict[str, Any]:
    """Return the columns of ``stored`` that the payload changes."""
    changes = _read(tx, payload, COLUMNS)
    was_hidden = stored.is_unlisted and not is_due(stored, tx.block_time)
    return changes | release_on_update(tx, payload, "is_unlisted", was_hidden=was_hidden)


def _read(tx: EntityTransaction, payload: Payload, columns: Columns) -> dict[str, Any]:
    changes = read_columns(payload, columns)
    for key in ("stream_conditions", "download_conditions"):
        if changes.get(key):
            changes[key] = with_split_list(changes[key], tx.user_id)
    if cover_art := text(payload, "cover_art"):
        changes |= {"cover_art_sizes": bounded_text(cover_art, "cover_art"), "cover_art": None}
    return changes
