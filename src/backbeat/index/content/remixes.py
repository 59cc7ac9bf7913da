"""The tracks that a remix is of (domain: chain and entities, 5.2.7 and 7.3)."""

from typing import Any, Final

from backbeat.index.payload.metadata import INT4_MAX, integer
from backbeat.index.rows.tracks import TrackRow

PARENT: Final = "parent_track_id"


def first_parent(track: TrackRow) -> int | None:
    """Return the track that a remix names first, None for a track that is no remix."""
    return first_named(track.remix_of)


def first_named(remix_of: Any) -> int | None:
    """Return the track that ``remix_of`` names first, None where that can be no id."""
    parent = next(map(_parent, _tracks(remix_of)), None)
    return parent if parent is not None and 0 < parent <= INT4_MAX else None


def named_parents(remix_of: Any) -> list[int]:
    """Return the numbers that ``remix_of`` names, each once, in order; some may be no ids."""
    parents = (_parent(track) for track in _tracks(remix_of))
    return list(dict.fromkeys(parent for parent in parents if parent is not None))


def _tracks(remix_of: Any) -> list[Any]:
    tracks = remix_of.get("tracks") if isinstance(remix_of, dict) else None
    return tracks if isinstance(tracks, list) else []


def _parent(track: Any) -> int | None:
    return integer(track.get(PARENT)) if isinstance(track, dict) else None
