"""Writes an inferred snapshot into an empty database, as block number 1 and height 0."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import first
from backbeat.db.sql import load
from backbeat.errors import DatabaseError
from backbeat.index import cursor as cursors
from backbeat.index import sink
from backbeat.index.cursor import Cursor
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.rows.social import FollowRow, RepostRow, SaveRow, SubscriptionRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.rows.users import UserRow
from backbeat.index.snapshot.infer import Snapshot
from backbeat.index.state import State
from backbeat.index.tables import describe

FOUND = load(__package__, "found.sql")
BLOCK = load(__package__, "block.sql")

BLOCK_HASH = "inferred-snapshot"
AGE = timedelta(days=1)  # how long before the recording the inferred rows were made
UNDATED = datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class LoadedSnapshot(msgspec.Struct, frozen=True):
    """What a load wrote, or would write."""

    already: bool
    """Whether this database holds a snapshot, so that nothing is written."""
    users: int
    """Rows of users."""
    tracks: int
    """Rows of tracks."""
    playlists: int
    """Rows of playlists."""
    follows: int
    """Rows of follows."""
    subscriptions: int
    """Rows of subscriptions without a follow."""
    saves: int
    """Rows of saves."""
    reposts: int
    """Rows of reposts."""


async def load_snapshot(
    connection: AsyncConnection[Any], snapshot: Snapshot, chain_id: str, *, dry_run: bool = False
) -> LoadedSnapshot:
    """Write the snapshot in one transaction; a second load writes nothing.

    Raises DatabaseError if the database already holds blocks, users or plays: nothing can be put before them.
    """
    async with connection.transaction():
        found = await first(connection, tuple, FOUND, {"block_hash": BLOCK_HASH})
        has_snapshot, has_rows = found or (False, False)
        if has_rows and not has_snapshot:
            raise DatabaseError(
                "snapshot_too_late",
                "This database already holds blocks, users or plays; a prior state cannot be put before them.",
                cure="Load the snapshot into an empty database (another --data-dir or --database).",
            )
        if not has_snapshot and not dry_run:
            has_snapshot = not await _write(connection, snapshot, chain_id)
    return LoadedSnapshot(
        has_snapshot, **{name: len(getattr(snapshot, name)) for name in LoadedSnapshot.__struct_fields__[1:]}
    )


async def _write(connection: AsyncConnection[Any], snapshot: Snapshot, chain_id: str) -> bool:
    """Write all rows; False if another process was faster, whose transaction is then committed."""
    made_at = (snapshot.before or UNDATED) - AGE
    if not await first(connection, tuple, BLOCK, {"block_hash": BLOCK_HASH}):
        return False
    state = State()
    state.apply(_rows(snapshot, made_at))
    await sink.write_rows(connection, await describe(connection, ROW_TYPES), state)
    nowhere = Cursor(chain_id, 0, None, None, 0, 0, begins=True)
    after = Cursor(chain_id, 0, BLOCK_HASH, made_at, 1, 0)
    await cursors.begin_chain(connection, nowhere, after)
    await cursors.advance(connection, nowhere, after, is_reached=after.block_time is not None)
    return True


def _rows(snapshot: Snapshot, made_at: datetime) -> Iterator[Row]:
    stamp: dict[str, Any] = {"txhash": BLOCK_HASH, "blockhash": BLOCK_HASH, "blocknumber": 1, "created_at": made_at}
    edited = stamp | {"updated_at": made_at}
    for user_id, wallet in snapshot.users.items():
        yield UserRow(user_id=user_id, wallet=wallet, is_storage_v2=True, **edited)
    for track_id, owner_id in snapshot.tracks.items():
        yield TrackRow(track_id=track_id, owner_id=owner_id, title=f"Track {track_id}", **edited)
    for playlist_id, owner_id in snapshot.playlists.items():
        yield PlaylistRow(
            playlist_id=playlist_id,
            playlist_owner_id=owner_id,
            playlist_name=f"Playlist {playlist_id}",
            playlist_contents={"track_ids": []},
            **edited,
        )
    for follower, followee in snapshot.follows:
        yield FollowRow(follower_user_id=follower, followee_user_id=followee, **stamp)
        yield SubscriptionRow(subscriber_id=follower, user_id=followee, entity_id=followee, **stamp)
    for subscriber, user_id in snapshot.subscriptions:
        yield SubscriptionRow(subscriber_id=subscriber, user_id=user_id, entity_id=user_id, **stamp)
    for user_id, item_id, kind in snapshot.saves:
        yield SaveRow(user_id=user_id, save_item_id=item_id, save_type=kind, **stamp)
    for user_id, item_id, kind in snapshot.reposts:
        yield RepostRow(user_id=user_id, repost_item_id=item_id, repost_type=kind, **stamp)
