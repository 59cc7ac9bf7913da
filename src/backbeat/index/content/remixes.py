"""The track that a remix is of (domain: chain and entities, 5.2.7 and 7.3)."""

from backbeat.index.payload.metadata import INT4_MAX, integer
from backbeat.index.rows.tracks import TrackRow


def first_parent(track: TrackRow) -> int | None:
    """Return the track that a remix names first, None for a track that is no remix."""
    tracks = track.remix_of.get("tracks") if isinstance(track.remix_of, dict) else None
    first = tracks[0] if isinstance(tracks, list) and tracks else None
    parent = integer(first.get("parent_track_id")) if isinstance(first, dict) else None
    return parent if parent is not None and 0 < parent <= INT4_MAX else None
