"""The frontier beside another indexer trusts what is committed for good, and nothing that may still come behind it."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from integration.adopt.beside import as_jobs_do, settled, writers
from psycopg import AsyncConnection

from backbeat.beside.frontier import Frontier, told
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.errors import LeaseLostError, UnfitDatabaseError
from backbeat.incremental.transaction import Session, checked_by
from builders.indexing import rows

CURSOR = "SELECT height::integer, block_number, play_id::integer FROM backbeat.cursor"
HEAD = """
    SELECT height, em_block, (SELECT max(id) FROM plays) FROM core_indexed_blocks ORDER BY height DESC LIMIT 1
"""
PLAYED = (
    "INSERT INTO plays (play_item_id, user_id, slot, created_at, updated_at) "
    "SELECT play_item_id, user_id, slot, created_at, updated_at FROM plays ORDER BY id DESC LIMIT 1"
)
FRONTIERS = "SELECT height::integer FROM backbeat.past_frontiers WHERE height > %s ORDER BY height, play_id"


async def test_it_follows_block_by_block_and_keeps_where_it_stood(
    followed_url: str, followed: AsyncConnection[Any]
) -> None:
    [(began, _, _)] = await rows(followed, CURSOR)
    frontier = Frontier(blocks_behind=0)
    with writers(followed_url, "theirs") as [theirs]:
        for _ in range(3):
            theirs.whole_block()
        stood = await settled(frontier, followed)
        assert await rows(followed, CURSOR) == await rows(followed, HEAD)
        assert stood.look.height == began + 3
        assert [height for (height,) in await rows(followed, FRONTIERS, began)] == [began + 1, began + 2, began + 3]
        [(at,)] = await rows(followed, "SELECT block_time FROM backbeat.cursor")
        assert at == theirs.values["at"]


async def test_each_play_is_of_the_block_that_is_its_slot(followed_url: str, followed: AsyncConnection[Any]) -> None:
    [(_, _, above)] = await rows(followed, CURSOR)
    with writers(followed_url, "theirs") as [theirs]:
        for _ in range(4):
            theirs.whole_block()
    await settled(Frontier(blocks_behind=0), followed)
    found = await rows(
        followed,
        "SELECT slot, (SELECT height FROM backbeat.frontier_of_play(id)) FROM plays WHERE id > %s ORDER BY id",
        above,
    )
    assert len(found) == 8
    assert all(slot == height for slot, height in found)


async def test_a_block_that_is_noted_before_its_rows_is_not_trusted(
    beside_url: str, beside: AsyncConnection[Any]
) -> None:
    frontier = Frontier(blocks_behind=1)
    with writers(beside_url, "theirs") as [theirs]:
        height = theirs.whole_block()
        theirs.begin()
        theirs.note()
        theirs.commit()
        await settled(frontier, beside)
        assert (await rows(beside, CURSOR))[0][0] == height
        theirs.write_block()
        theirs.write_rows()
        theirs.commit()
        await settled(frontier, beside)
        assert (await rows(beside, CURSOR))[0][0] == height, "that it is whole now, nobody tells"
        theirs.whole_block()
        await settled(frontier, beside)
        assert (await rows(beside, CURSOR))[0][0] == height + 1


async def test_a_play_that_is_committed_late_is_waited_for_and_not_missed(
    followed_url: str, followed: AsyncConnection[Any]
) -> None:
    frontier = Frontier(blocks_behind=0)
    async with as_jobs_do(followed_url) as session:
        await HOURLY_PLAY_COUNTS.rebuild(Session(session))
        before = await rows(followed, CURSOR)
        with writers(followed_url, "theirs", "late") as [theirs, late]:
            late.begin(late=True)
            early_id = late.play()
            for _ in range(3):
                theirs.whole_block()
            stood = await settled(frontier, followed)
            assert [each.application for each in stood.waits_for] == ["late"]
            assert "(late, idle in transaction" in told(stood.waits_for)
            assert "plays" in told(stood.waits_for)
            assert await rows(followed, CURSOR) == before
            await HOURLY_PLAY_COUNTS.incremental(Session(session))
            late.commit()
            stood = await settled(frontier, followed)
            assert stood.waits_for == ()
        assert await rows(followed, CURSOR) == await rows(followed, HEAD)
        assert early_id < (await rows(followed, CURSOR))[0][2]
        await HOURLY_PLAY_COUNTS.incremental(Session(session))
        assert (await HOURLY_PLAY_COUNTS.difference(session)).is_clean


async def test_those_that_began_later_are_not_waited_for(followed_url: str, followed: AsyncConnection[Any]) -> None:
    frontier = Frontier(blocks_behind=0)
    with writers(followed_url, "theirs", "first", "second") as [theirs, first, second]:
        first.begin(late=True)
        first.play()
        height = theirs.whole_block()
        await settled(frontier, followed)
        second.begin(late=True)
        second.play()
        theirs.whole_block()
        first.roll_back()
        assert (await frontier.step(Session(followed))).has_moved
        assert (await rows(followed, CURSOR))[0][0] == height
        stood = await settled(frontier, followed)
        assert [each.application for each in stood.waits_for] == ["second"]


async def test_a_reader_and_a_writer_of_other_tables_hold_nothing_up(
    followed_url: str, followed: AsyncConnection[Any]
) -> None:
    with psycopg.connect(followed_url) as reader, psycopg.connect(followed_url) as other:
        reader.execute("SELECT count(*) FROM plays")
        other.execute("INSERT INTO rpc_log VALUES ('1', '{}', now())")
        other.execute("INSERT INTO chat VALUES ('1', now(), now())")
        with writers(followed_url, "theirs") as [theirs]:
            theirs.whole_block()
        await settled(Frontier(blocks_behind=0), followed)
    assert await rows(followed, CURSOR) == await rows(followed, HEAD)


async def test_a_number_that_was_taken_before_its_row_is_waited_for(
    followed_url: str, followed: AsyncConnection[Any]
) -> None:
    with psycopg.connect(followed_url, application_name="numbers first") as numbers:
        numbers.execute("SELECT nextval('plays_id_seq')")
        with writers(followed_url, "theirs") as [theirs]:
            theirs.whole_block()
        stood = await settled(Frontier(blocks_behind=0), followed)
    assert [each.application for each in stood.waits_for] == ["numbers first"]


async def test_a_writer_that_is_prepared_to_commit_is_waited_for(
    followed_url: str, followed: AsyncConnection[Any]
) -> None:
    frontier = Frontier(blocks_behind=0)
    with psycopg.connect(followed_url) as late, writers(followed_url, "theirs") as [theirs]:
        late.execute("SELECT nextval('plays_id_seq')")
        theirs.whole_block()
        assert (await frontier.step(Session(followed))).waits_for
        late.execute("PREPARE TRANSACTION 'late'")
        late.rollback()
        stood = await frontier.step(Session(followed))
        assert [each.pid for each in stood.waits_for] == [0]
        assert told(stood.waits_for)
        await followed.execute("COMMIT PREPARED 'late'")
        assert (await frontier.step(Session(followed))).has_moved


async def test_a_step_is_bounded(followed_url: str, followed: AsyncConnection[Any]) -> None:
    [(began, _, _)] = await rows(followed, CURSOR)
    with writers(followed_url, "theirs") as [theirs]:
        for _ in range(5):
            theirs.whole_block()
    await Frontier(blocks_behind=0, blocks_max=2).step(Session(followed))
    assert (await rows(followed, CURSOR))[0][0] == began + 2
    await Frontier(blocks_behind=0, plays_max=3).step(Session(followed))
    assert (await rows(followed, CURSOR))[0][0] == began + 3, "two plays are of that block, the third of a later one"
    await settled(Frontier(blocks_behind=0, plays_max=1), followed)
    assert await rows(followed, CURSOR) == await rows(followed, HEAD)


WENT_BACK = {
    "DELETE FROM core_indexed_blocks WHERE height >= %s": "ends at",
    "UPDATE core_indexed_blocks SET blockhash = 'other' WHERE height = %s": "has another block",
    "SELECT setval('plays_id_seq', 1), %s": "sequence of plays went back",
    "UPDATE core_indexed_blocks SET chain_id = 'dev-2', height = 1 WHERE height = %s + 1": "went over from the chain",
}


@pytest.mark.parametrize("statement", WENT_BACK, ids=WENT_BACK.values())
async def test_a_writer_that_went_back_is_refused(
    statement: str, followed_url: str, followed: AsyncConnection[Any]
) -> None:
    with writers(followed_url, "theirs") as [theirs]:
        height = theirs.whole_block()
        await settled(Frontier(blocks_behind=0), followed)
        theirs.whole_block()
    stood = await rows(followed, CURSOR)
    await followed.execute(statement.encode(), [height])
    with pytest.raises(UnfitDatabaseError, match=WENT_BACK[statement]) as refused:
        await Frontier(blocks_behind=0).step(Session(followed))
    assert refused.value.code == "writer_went_back"
    assert await rows(followed, CURSOR) == stood


async def test_sessions_that_take_numbers_ahead_are_refused(beside: AsyncConnection[Any]) -> None:
    await beside.execute("ALTER SEQUENCE plays_id_seq CACHE 10")
    with pytest.raises(UnfitDatabaseError) as refused:
        await Frontier(blocks_behind=1).step(Session(beside))
    assert refused.value.code == "plays_numbered_ahead"


async def test_a_play_with_a_number_above_the_sequence_is_refused_before_it_is_passed(
    followed_url: str, followed: AsyncConnection[Any]
) -> None:
    before = await rows(followed, CURSOR)
    with writers(followed_url, "theirs") as [theirs]:
        height = theirs.whole_block()
        await followed.execute(
            "INSERT INTO plays (id, play_item_id, user_id, slot, created_at, updated_at) "
            "SELECT id + 1000, play_item_id, user_id, slot, created_at, updated_at FROM plays ORDER BY id DESC LIMIT 1"
        )
        with pytest.raises(UnfitDatabaseError) as refused:
            await Frontier(blocks_behind=0).step(Session(followed))
        assert refused.value.code == "plays_numbered_by_hand"
        assert await rows(followed, CURSOR) == before
        await followed.execute("SELECT setval('plays_id_seq', (SELECT max(id) FROM plays))")
        theirs.whole_block()
        await settled(Frontier(blocks_behind=0), followed)
    assert await rows(followed, CURSOR) == await rows(followed, HEAD)
    assert (await rows(followed, CURSOR))[0][0] == height + 1


LATE = {
    "in a savepoint that is rolled back, and again": (
        "SAVEPOINT one",
        PLAYED,
        "ROLLBACK TO SAVEPOINT one",
        PLAYED,
    ),
    "its number in a savepoint that is rolled back": (
        "SAVEPOINT one",
        "SELECT nextval('plays_id_seq')",
        "ROLLBACK TO SAVEPOINT one",
    ),
    "in an exception block": ("DO $$ BEGIN " + PLAYED + "; EXCEPTION WHEN others THEN NULL; END $$",),
    "by COPY": ("COPY plays (play_item_id, user_id, slot, created_at, updated_at) FROM STDIN",),
}


@pytest.mark.parametrize("statements", LATE.values(), ids=LATE.keys())
async def test_a_play_is_waited_for_however_it_was_written(
    statements: Sequence[str], followed_url: str, followed: AsyncConnection[Any]
) -> None:
    with psycopg.connect(followed_url, application_name="late") as late, writers(followed_url, "theirs") as [theirs]:
        for statement in statements:
            if statement.startswith("COPY"):
                with late.cursor().copy(statement.encode()) as copied:
                    copied.write_row((1, 1, 1, "2026-01-02", "2026-01-02"))
            else:
                late.execute(statement.encode())
        theirs.whole_block()
        frontier = Frontier(blocks_behind=0)
        stood = await settled(frontier, followed)
        assert [each.application for each in stood.waits_for] == ["late"]
        late.commit()
        assert (await frontier.step(Session(followed))).has_moved
    assert await rows(followed, CURSOR) == await rows(followed, HEAD)


async def test_a_step_without_the_lease_moves_nothing(followed_url: str, followed: AsyncConnection[Any]) -> None:
    before = await rows(followed, CURSOR)
    with writers(followed_url, "theirs") as [theirs]:
        theirs.whole_block()

    async def lost(connection: AsyncConnection[Any]) -> None:
        del connection
        raise LeaseLostError("lease_lost", "It is gone.", cure="")

    with pytest.raises(LeaseLostError):
        await Frontier(blocks_behind=0).step(Session(followed, checked_by(lost)))
    assert await rows(followed, CURSOR) == before


async def test_two_that_keep_it_do_not_move_it_twice(followed_url: str, followed: AsyncConnection[Any]) -> None:
    one, other = Frontier(blocks_behind=0), Frontier(blocks_behind=0)
    with writers(followed_url, "theirs", "late") as [theirs, late]:
        late.begin(late=True)
        late.play()
        theirs.whole_block()
        assert (await one.step(Session(followed))).waits_for
        theirs.whole_block()
        assert (await other.step(Session(followed))).waits_for
        late.commit()
        assert (await other.step(Session(followed))).has_moved
        ahead = await rows(followed, CURSOR)
        with pytest.raises(LeaseLostError) as refused:
            await one.step(Session(followed))
        assert refused.value.code == "frontier_moved"
    assert await rows(followed, CURSOR) == ahead


async def test_a_look_of_before_the_server_began_again_is_taken_again(
    followed_url: str, followed: AsyncConnection[Any]
) -> None:
    frontier = Frontier(blocks_behind=0)
    with writers(followed_url, "theirs", "late") as [theirs, late]:
        late.begin(late=True)
        late.play()
        theirs.whole_block()
        assert (await frontier.step(Session(followed))).waits_for
        frontier._server = None
        late.roll_back()
        height = theirs.whole_block()
        assert (await frontier.step(Session(followed))).has_moved
    assert (await rows(followed, CURSOR))[0][0] == height
