"""How counts of users, tracks and playlists are audited by ranges, and what follows from them."""

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.db.sql import compose, load
from backbeat.derived.aggregates import reconcile
from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.aggregates.entity_counts import COLUMNS, ENTITY_COUNTS
from backbeat.derived.aggregates.social_sets import SOCIAL_SETS
from backbeat.incremental.merge import Target
from backbeat.incremental.ranges import ONE_ROW, Ranged, Repair, keys_of

KEYS_MAX = 200  # users in a range: each with all its edges


def _query(name: str, counted: LiteralString) -> str:
    return compose(__package__, name, counted=SQL("(\n{}\n)").format(SQL(counted))).as_string()


def _restored(restore: LiteralString, correct: str) -> Repair:
    """Return what brings rows back and counts them again, as the daily round does."""

    async def repair(connection: AsyncConnection[Any], keys: Sequence[int]) -> None:
        for statement in (restore, correct):
            await connection.execute(SQL(statement), {"keys": list(keys)}, prepare=False)

    return repair


USERS = Ranged(
    name="aggregates.users",
    target=Target(
        table="aggregate_user",
        key=("user_id",),
        values=(
            "follower_count",
            "following_count",
            "repost_count",
            "track_save_count",
            "track_share_count",
            "track_count",
            "total_track_count",
            "playlist_count",
            "album_count",
            "total_playlist_count",
            "total_album_count",
        ),
    ),
    query=_query("audited_users.sql", reconcile.COUNTED_USERS),
    sources=(keys_of("users", "user_id"),),
    keys_max=KEYS_MAX,
    repair=_restored(load(__package__, "restore_users.sql"), reconcile.USERS),
)

TRACKS = Ranged(
    name="aggregates.tracks",
    target=Target(
        table="aggregate_track",
        key=("track_id",),
        values=("repost_count", "save_count", "comment_count", "share_count"),
    ),
    query=_query("audited_tracks.sql", reconcile.COUNTED_TRACKS),
    sources=(keys_of("tracks", "track_id"),),
    repair=_restored(load(__package__, "restore_tracks.sql"), reconcile.TRACKS),
)

PLAYLISTS = Ranged(
    name="aggregates.playlists",
    target=Target(
        table="aggregate_playlist",
        key=("playlist_id",),
        values=("is_album", "repost_count", "save_count", "share_count"),
    ),
    query=_query("audited_playlists.sql", reconcile.COUNTED_PLAYLISTS),
    sources=(keys_of("playlists", "playlist_id"),),
    repair=_restored(load(__package__, "restore_playlists.sql"), reconcile.PLAYLISTS),
)

GENRES = DOMINANT_GENRE.ranged(keys_of("users", "user_id"))

LISTED = ENTITY_COUNTS.ranged(keys_of("users", "user_id"))

SUMS = Ranged(
    name="aggregates.entity_sums",
    target=Target(table=("backbeat", "entity_counts"), key=("singleton",), values=COLUMNS),
    query=load(__package__, "entity_counts_sums.sql"),
    sources=(),
    kind=ONE_ROW,
)

SETS = SOCIAL_SETS.ranged(
    keys_of("users", "user_id"),
    keys_max=KEYS_MAX,
    unverified={"updated_at": "It is when the row was written."},
)

AUDITS = (USERS, TRACKS, PLAYLISTS, GENRES, LISTED, SUMS, SETS)
