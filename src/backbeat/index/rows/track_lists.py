"""The part of a track that other people's playlists change (domain: chain and entities, 5.3.4)."""

from datetime import datetime
from typing import ClassVar

import msgspec

from backbeat.index.row import Json, Row
from backbeat.index.rows.tracks import TrackRow


class TrackListsRow(Row, frozen=True, kw_only=True):
    """In which playlists a track is and was. A list may hold thousands of tracks, so the rest of them stays unread."""

    table: ClassVar[str] = "tracks"
    identity: ClassVar[tuple[str, ...]] = ("track_id",)
    versioned: ClassVar[bool] = True
    part_of: ClassVar[type[Row] | None] = TrackRow

    track_id: int
    owner_id: int
    playlists_containing_track: tuple[int, ...] = ()
    playlists_previously_containing_track: Json = msgspec.field(default_factory=dict)
    updated_at: datetime
