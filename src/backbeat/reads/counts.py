"""The counts of a user, a track or a playlist: what is kept, what counting again gives, and what each counts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.db.query import one
from backbeat.db.sql import compose
from backbeat.derived.aggregates.reconcile import COUNTED_PLAYLISTS, COUNTED_TRACKS, COUNTED_USERS


class Kind(StrEnum):
    """What counts are kept of."""

    USER = "user"
    TRACK = "track"
    PLAYLIST = "playlist"


class Counted(msgspec.Struct, frozen=True):
    """One count: what is kept, what counting its rows again gives, and which rows those are."""

    name: str
    kept: int | None
    counted: int
    what: str

    @property
    def differs(self) -> bool:
        """Whether the two are not the same; a row that is not there counts as 0."""
        return (self.kept or 0) != self.counted


def _statement(table: str, key: str, counted: str) -> bytes:
    names = {"table": Identifier(table), "key": Identifier(key), "counted": SQL("(\n{}\n)").format(SQL(counted))}
    return compose(__package__, "counts_kept.sql", **names).as_bytes()


STATEMENTS: Final[Mapping[Kind, bytes]] = {
    Kind.USER: _statement("aggregate_user", "user_id", COUNTED_USERS),
    Kind.TRACK: _statement("aggregate_track", "track_id", COUNTED_TRACKS),
    Kind.PLAYLIST: _statement("aggregate_playlist", "playlist_id", COUNTED_PLAYLISTS),
}
TABLES: Final[Mapping[Kind, str]] = {
    Kind.USER: "aggregate_user",
    Kind.TRACK: "aggregate_track",
    Kind.PLAYLIST: "aggregate_playlist",
}
_MEANINGS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.USER: {
        "follower_count": "current follows of the user that were not taken back",
        "following_count": "current follows by the user that were not taken back",
        "repost_count": "current reposts by the user, of tracks, playlists and albums",
        "track_save_count": "current saves by the user, of tracks",
        "track_share_count": "shares by the user, of tracks",
        "track_count": "tracks of the user that are listed, no stems, not deleted, not gated by other programs",
        "total_track_count": "the same with unlisted ones",
        "playlist_count": "public playlists of the user",
        "album_count": "public albums of the user",
        "total_playlist_count": "the same with private ones",
        "total_album_count": "the same with private ones",
    },
    Kind.TRACK: {
        "repost_count": "current reposts of the track that were not taken back",
        "save_count": "current saves of the track that were not taken back",
        "share_count": "shares of the track",
        "comment_count": "comments on the track that are visible and not deleted",
    },
    Kind.PLAYLIST: {
        "repost_count": "current reposts of the playlist or album that were not taken back",
        "save_count": "current saves of the playlist or album that were not taken back",
        "share_count": "shares of the playlist or album",
    },
}


class _Found(msgspec.Struct, frozen=True):
    kept: dict[str, Any] | None
    counted: dict[str, int]


async def explain(connection: AsyncConnection[Any], kind: Kind, number: int) -> list[Counted]:
    """Return each count, kept and counted in one snapshot; ``kept`` is None where there is no row of counts."""
    found = await one(connection, _Found, STATEMENTS[kind], {"keys": [number]}, prepare=False)
    return [
        Counted(name, None if found.kept is None else int(found.kept.get(name) or 0), found.counted[name], what)
        for name, what in _MEANINGS[kind].items()
    ]
