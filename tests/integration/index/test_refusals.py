"""What stops the block loop, each under a code of its own and with nothing written."""

from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes
from backbeat.errors import ChainDataError, DatabaseError, LeaseLostError
from backbeat.index import committing, retries
from backbeat.index.applied import Committed
from backbeat.index.cursor import Cursor
from backbeat.index.snapshot.infer import Snapshot
from backbeat.index.snapshot.load import load_snapshot
from backbeat.index.writer import Writer
from builders.chain import ListSource, entity
from builders.indexing import index, rows

CREATE = entity(1, 3_000_001, "User/Create", 3_000_001, '{"cid":null,"data":null}')
HEIGHT = "SELECT height FROM backbeat.cursor"


async def test_another_chain_than_the_databases_is_refused(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await index(lanes, ListSource([[]]))
    with pytest.raises(ChainDataError, match=r"'dev'.*'other'") as refused:
        await index(lanes, ListSource([[], []], chain_id="other"))
    assert refused.value.code == "chain_id_mismatch"
    assert await rows(connection, HEIGHT) == [(1,)]


@pytest.mark.parametrize(("chain_id", "height"), [("dev", 6), ("other", 6), ("other", 7), ("dev", 8)])
def test_only_the_next_block_of_the_chain_follows(chain_id: str, height: int) -> None:
    """The loop's own check, whatever the fetching ahead of it has looked at."""
    cursor = Cursor("dev", 6, None, None, 0, 0)
    [good, after, odd] = [_block(*each) for each in (("dev", 7), ("dev", 8), (chain_id, height))]
    committing.check_order(cursor, [good, after])
    for blocks in ([odd], [good, odd] if (chain_id, height) != ("dev", 8) else [good, after, odd]):
        with pytest.raises(ChainDataError) as refused:
            committing.check_order(cursor, blocks)
        assert refused.value.code == "block_out_of_order"


def _block(chain_id: str, height: int) -> Any:
    return type("Block", (), {"chain_id": chain_id, "height": height})()


async def test_a_table_without_a_column_that_is_written_is_named(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await connection.execute("ALTER TABLE users DROP COLUMN coin_flair_mint")
    with pytest.raises(DatabaseError, match="users lacks the columns coin_flair_mint") as refused:
        await index(lanes, ListSource([[CREATE]]))
    assert refused.value.code == "columns_missing"
    assert await rows(connection, HEIGHT) == []


async def test_a_block_that_can_never_be_committed_is_named_and_not_passed_over(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "RETRY_SECONDS_FIRST", 0.0)
    await connection.execute("ALTER TABLE core_indexed_blocks RENAME COLUMN em_block TO gone")
    with pytest.raises(DatabaseError, match=r"Block 1 .*em_block") as refused:
        await index(lanes, ListSource([[CREATE], []]))
    assert refused.value.code == "block_not_committed"
    assert await rows(connection, HEIGHT) == []


async def test_a_prior_state_comes_before_the_first_block_or_not_at_all(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await index(lanes, ListSource([[CREATE]]))
    with pytest.raises(DatabaseError) as refused:
        await load_snapshot(connection, Snapshot(users={7: None}), "dev")
    assert refused.value.code == "snapshot_too_late"
    assert await rows(connection, "SELECT user_id FROM users") == [(3_000_001,)]


async def test_a_database_that_lost_commits_is_told_apart_and_gone_on_from(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fail-over: the second batch fails, and the cursor stands before what the first one had committed."""
    handed_over, commit, writes = [], Writer.write, 0

    async def failing(self: Writer, before: Cursor, blocks: list[Any], **how: Any) -> Any:
        nonlocal writes
        writes += 1
        if writes == 2:
            await connection.execute("UPDATE backbeat.cursor SET height = 0")
            await connection.execute("DELETE FROM core_indexed_blocks")
            raise psycopg.OperationalError("the server went away")
        return await commit(self, before, blocks, **how)

    moved_back = committing._moved_back

    def told(before: Cursor, now: Cursor) -> LeaseLostError:
        handed_over.append(moved_back(before, now))
        return handed_over[0]

    monkeypatch.setattr(retries, "RETRY_SECONDS_FIRST", 0.0)
    monkeypatch.setattr(Writer, "write", failing)
    monkeypatch.setattr(committing, "_moved_back", told)
    await index(lanes, ListSource([[], [], []]), batch_blocks_max=1)
    assert [each.code for each in handed_over] == ["cursor_moved_back"]
    assert await rows(connection, HEIGHT) == [(3,)]
    assert await rows(connection, "SELECT height FROM core_indexed_blocks ORDER BY 1") == [(1,), (2,), (3,)]


async def test_a_batch_behind_a_cursor_that_somebody_moved_is_undone(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, finish = Writer._commit, Writer._finish
    codes: list[str] = []

    async def late(self: Writer, *args: Any) -> None:
        if not codes:
            await connection.execute(
                "INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time) VALUES ('dev', 1, 'x', now())"
            )
        await finish(self, *args)

    async def noted(self: Writer, *args: Any) -> Committed:
        try:
            return await commit(self, *args)
        except LeaseLostError as lost:
            codes.append(lost.code)
            raise

    monkeypatch.setattr(Writer, "_finish", late)
    monkeypatch.setattr(Writer, "_commit", noted)
    await index(lanes, ListSource([[CREATE], []]))
    assert codes == ["cursor_moved"]
    assert await rows(connection, HEIGHT) == [(2,)]
    assert await rows(connection, "SELECT height FROM core_indexed_blocks") == [(2,)]
    assert await rows(connection, "SELECT count(*) FROM users") == [(0,)]
