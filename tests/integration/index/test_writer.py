"""What one write transaction proves before it commits, and what becomes of a block that the database refuses."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from math import log2
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from psycopg import AsyncConnection
from psycopg_pool import PoolTimeout

from backbeat.chain.proto import core_pb2
from backbeat.cli import standing_still
from backbeat.db.outage import is_away
from backbeat.db.pool import Lanes, open_lanes
from backbeat.errors import LeaseLostError
from backbeat.index import applying
from backbeat.index.batch import Batch
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.rows.social import FollowRow, SaveRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.rows.users import UserRow
from backbeat.index.sink import write_rows
from backbeat.index.state import State
from backbeat.index.writer import SESSION_SECONDS_MAX
from backbeat.settings import DatabaseSettings
from builders.chain import GENESIS, entity, play, plays
from builders.indexing import rows
from builders.waiting import eventually
from builders.writing import blocks, take_over, writer

CREATE_USER = {
    key: entity(key, 3_000_000 + key, "User/Create", 3_000_000 + key, '{"cid":null,"data":null}', nonce=key)
    for key in range(1, 10)
}
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
TABLES = (
    "SELECT user_id, blocknumber FROM users ORDER BY user_id",
    "SELECT id, play_item_id, slot FROM plays ORDER BY id",
    "SELECT play_item_id, count FROM aggregate_plays ORDER BY play_item_id",
    "SELECT follower_user_id, followee_user_id, is_delete FROM follows ORDER BY 1, 2",
    "SELECT user_id, follower_count, following_count FROM aggregate_user ORDER BY user_id",
    "SELECT height, tx_index, play_index, refused_plays, reason, detail FROM rejected_transactions ORDER BY 1, 2, 3",
    "SELECT height, tx_index, upto_bytes, raw FROM backbeat.rejected_bytes ORDER BY 1, 2",
    "SELECT blocknumber, txhash FROM skipped_transactions ORDER BY txhash",
    "SELECT kind, pair, outcome, reason, count, plays FROM backbeat.transaction_counts ORDER BY 1, 2, 3, 4",
    "SELECT height, block_number, play_id FROM backbeat.cursor",
)


async def refuse(connection: AsyncConnection[Any], *user_ids: int) -> None:
    """Have the database refuse users that the rules allow."""
    listed = ", ".join(map(str, user_ids))
    await connection.execute(f"ALTER TABLE users ADD CONSTRAINT refused CHECK (user_id NOT IN ({listed}))".encode())


async def content(connection: AsyncConnection[Any]) -> list[list[tuple[Any, ...]]]:
    return [await rows(connection, query) for query in TABLES]


async def test_a_batch_whose_lease_is_taken_over_meanwhile_is_not_committed(
    lanes: Lanes, connection: AsyncConnection[Any], database_url: str
) -> None:
    async def waits() -> bool:
        return await rows(connection, WAITS) != [(0,)]

    async with writer(lanes) as (writing, cursor), await AsyncConnection.connect(database_url) as holder:
        await holder.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        batch = asyncio.create_task(writing.write(cursor, blocks([[CREATE_USER[1]], [plays(play("", "7"))]])))
        assert await eventually(waits)
        await take_over(lanes, connection)
        await holder.commit()
        with pytest.raises(LeaseLostError) as lost:
            await batch
    assert lost.value.code == "lease_lost"
    assert await content(connection) == [[] for _ in TABLES]
    assert await rows(connection, "SELECT count(*) FROM core_indexed_blocks") == [(0,)]


async def test_a_batch_behind_a_cursor_that_was_moved_is_not_committed(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    """The lease is ours: what protects here is the height that the cursor is expected at."""
    first, second = blocks([[plays(play("", "7"))], [plays(play("", "8"))]])
    async with writer(lanes) as (writing, stale):
        await writing.write(stale, [first])
        with pytest.raises(LeaseLostError) as moved:
            await writing.write(stale, [first, second])
    assert moved.value.code == "cursor_moved"
    assert await rows(connection, "SELECT play_item_id FROM plays") == [(7,)]
    assert await rows(connection, "SELECT height, play_id FROM backbeat.cursor") == [(1, 1)]


async def test_a_try_that_gets_no_session_ends_before_its_cause_would_be_told_late(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SESSION_SECONDS_MAX < standing_still.SECONDS_MIN
    monkeypatch.setattr("backbeat.index.writer.SESSION_SECONDS_MAX", 0.1)
    async with writer(lanes) as (writing, cursor), AsyncExitStack() as held:
        for _ in range(lanes.indexing.max_size):
            await held.enter_async_context(lanes.indexing.connection())
        with pytest.raises(PoolTimeout) as failed:
            await writing.write(cursor, blocks([[plays(play("", "7"))]]))
    assert is_away(failed.value)


@pytest.mark.parametrize("together", [True, False])
async def test_a_batch_of_plays_alone_keeps_the_number_of_the_last_entity_block(
    lanes: Lanes, connection: AsyncConnection[Any], together: bool
) -> None:
    chain = blocks([[CREATE_USER[1]], [CREATE_USER[2]], [plays(play("", "7"))], []])
    async with writer(lanes) as (writing, start):
        at = start
        for batch in (chain[:2], chain[2:]) if together else ([block] for block in chain):
            at = (await writing.write(at, batch)).cursor
            assert at.block_number == min(at.height, 2)
    assert await rows(connection, "SELECT height, block_number FROM backbeat.cursor") == [(4, 2)]


async def test_plays_around_a_refused_transaction_keep_their_ids_and_so_do_those_behind(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await refuse(connection, 3_000_001)
    refused = [plays(play("", "2"), play("", "3")), CREATE_USER[1], CREATE_USER[2], plays(play("", "4"))]
    chain = blocks([[plays(play("", "1"))], refused, [plays(play("", "5"))]])
    reached = []
    async with writer(lanes) as (writing, start):
        at = start
        for block in chain:
            written = await writing.write(at, [block])
            at = written.cursor
            [(last, kept)] = await rows(connection, "SELECT last_value, play_id FROM plays_id_seq, backbeat.cursor")
            reached.append((written.plays, at.play_id, kept, last))
    assert reached == [(1, 1, 1, 1), (3, 4, 4, 4), (1, 5, 5, 5)]
    assert await rows(connection, "SELECT sum(plays) FROM backbeat.transaction_counts") == [(5,)]
    counted = "SELECT outcome, reason, count FROM transaction_counts WHERE pair = 'User/Create' ORDER BY 1"
    assert await rows(connection, counted) == [("applied", "", 1), ("rejected", "database_error", 1)]
    assert await rows(connection, "SELECT id, play_item_id, slot FROM plays ORDER BY id") == [
        (1, 1, 1), (2, 2, 2), (3, 3, 2), (4, 4, 2), (5, 5, 3),
    ]  # fmt: skip


def busy_block(count: int) -> list[core_pb2.SignedTransaction]:
    """Return nine users, then follows and plays in turn, some of which are refused by the rules."""
    made = list(CREATE_USER.values())
    for at in range(count - len(made)):
        key, other = at % 9 + 1, (at // 9 + at) % 9 + 1
        if at % 3 == 1:
            made.append(plays(play(str(3_000_000 + key), str(at)), play("", "" if at % 2 else "1")))
        else:
            made.append(entity(key, 3_000_000 + key, "User/Follow", 3_000_000 + other, nonce=100 + at))
    return made


@pytest.fixture
async def other_lanes(database_url: str, twin: AsyncConnection[Any]) -> AsyncIterator[Lanes]:
    """The lanes on the second database."""
    url = urlsplit(database_url)._replace(path=f"/{twin.info.dbname}").geturl()
    async with await open_lanes(url, DatabaseSettings(), ("indexing", "control")) as opened:
        yield opened


async def test_a_refused_block_is_bisected_and_comes_to_what_it_comes_to_one_by_one(
    lanes: Lanes,
    other_lanes: Lanes,
    connection: AsyncConnection[Any],
    twin: AsyncConnection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[range | None] = []

    class Counted(Batch):
        def __init__(self, *args: Any, only: range | None = None) -> None:
            tried.append(only)
            super().__init__(*args, only=only)

    monkeypatch.setattr(applying, "Batch", Counted)
    refused = 3_000_002, 3_000_008
    chain = blocks([busy_block(120), [plays(play("", "9"))]])
    count, tries = len(chain[0].transactions), []
    for of, session, one_by_one in ((lanes, connection, False), (other_lanes, twin, True)):
        await refuse(session, *refused)
        tried.clear()
        async with writer(of) as (writing, start):
            written = await writing.write(start, [chain[0]], one_by_one=one_by_one)
            tries.append(len(tried))
            await writing.write(written.cursor, [chain[1]])
    came_to = await content(connection)
    assert all(came_to)
    assert came_to == await content(twin)
    assert await rows(connection, "SELECT count(*) FROM skipped_transactions") == [(len(refused),)]
    bisected, alone = tries
    assert alone == count
    assert bisected <= 2 + 2 * len(refused) * (log2(count) + 1)


async def test_a_block_that_is_refused_to_the_last_transaction_still_counts(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await refuse(connection, *(3_000_000 + key for key in CREATE_USER))
    async with writer(lanes) as (writing, start):
        end = (await writing.write(start, blocks([list(CREATE_USER.values())]))).cursor
    assert (end.height, end.block_number, end.play_id) == (1, 1, 0)
    assert await rows(connection, "SELECT tx_index, reason FROM rejected_transactions ORDER BY 1") == [
        (at, "database_error") for at in range(len(CREATE_USER))
    ]
    counted = "SELECT outcome, reason, sum(count) FROM transaction_counts GROUP BY 1, 2"
    assert await rows(connection, counted) == [("rejected", "database_error", len(CREATE_USER))]


def created(key: int, kind: str, entity_id: int, **payload: Any) -> core_pb2.SignedTransaction:
    data = {"owner_id": 3_000_000 + key, "playlist_owner_id": 3_000_000 + key, **payload}
    return entity(key, 3_000_000 + key, f"{kind}/Create", entity_id, json.dumps({"cid": "", "data": data}))


@pytest.mark.parametrize("together", [True, False])
async def test_what_is_saved_is_written_before_its_saves_whatever_was_touched_first(
    lanes: Lanes, connection: AsyncConnection[Any], together: bool
) -> None:
    """The triggers of saves count for the playlists that there are; saves are touched first here."""
    before = [CREATE_USER[1], CREATE_USER[2], created(1, "Playlist", 400_001, playlist_name="A", playlist_contents=[])]
    batch = [
        entity(2, 3_000_002, "Playlist/Save", 400_001, nonce=20),
        created(1, "Playlist", 400_002, playlist_name="B", playlist_contents=[]),
        entity(2, 3_000_002, "Playlist/Save", 400_002, nonce=21),
        entity(2, 3_000_002, "Playlist/Repost", 400_002, nonce=22),
    ]
    chain = blocks([before, batch] if together else [before, *([each] for each in batch)])
    async with writer(lanes) as (writing, start):
        at = start
        for block in chain:
            at = (await writing.write(at, [block])).cursor
    counted = "SELECT playlist_id, save_count, repost_count FROM aggregate_playlist ORDER BY playlist_id"
    assert await rows(connection, counted) == [(400_001, 1, 0), (400_002, 1, 1)]


async def test_users_tracks_and_playlists_are_written_first_and_the_rest_as_it_was_touched() -> None:
    written: list[str] = []

    class Session:
        @asynccontextmanager
        async def pipeline(self) -> AsyncIterator[None]:
            yield

        async def execute(self, statement: str, _values: Any = None) -> None:
            written.append(statement)

    stamp: dict[str, Any] = {"blocknumber": 1, "blockhash": "b", "txhash": "t", "created_at": GENESIS}
    dates: dict[str, Any] = {"updated_at": GENESIS}
    state = State()
    state.apply([SaveRow(user_id=1, save_item_id=2, save_type="track", **stamp)])
    state.apply([FollowRow(follower_user_id=1, followee_user_id=2, **stamp)])
    state.apply([PlaylistRow(playlist_id=3, playlist_owner_id=1, playlist_contents={}, **stamp, **dates)])
    state.apply([TrackRow(track_id=2, owner_id=1, **stamp, **dates)])
    state.apply([UserRow(user_id=1, **stamp, **dates)])
    tables = {row: SimpleNamespace(row=row, merge=row.table, is_serial=False, sequences={}) for row in state.changes()}
    await write_rows(Session(), tables, state)  # type: ignore[arg-type]  # all that is used of them
    assert written == ["users", "tracks", "playlists", "saves", "follows"]
