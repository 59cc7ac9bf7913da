"""The frontier beside another indexer trusts what is committed for good, and nothing that may still come behind it."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from integration.adopt.beside import adopted_for_jobs, as_jobs_do, settled, writers
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
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    [(began, _, _)] = await rows(foreign, CURSOR)
    frontier = Frontier(blocks_behind=0)
    with writers(foreign_url, "theirs") as [theirs]:
        for _ in range(3):
            theirs.whole_block()
        stood = await settled(frontier, foreign)
        assert await rows(foreign, CURSOR) == await rows(foreign, HEAD)
        assert stood.look.height == began + 3
        assert [height for (height,) in await rows(foreign, FRONTIERS, began)] == [began + 1, began + 2, began + 3]
        [(at,)] = await rows(foreign, "SELECT block_time FROM backbeat.cursor")
        assert at == theirs.values["at"]


async def test_each_play_is_of_the_block_that_is_its_slot(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    [(_, _, above)] = await rows(foreign, CURSOR)
    with writers(foreign_url, "theirs") as [theirs]:
        for _ in range(4):
            theirs.whole_block()
    await settled(Frontier(blocks_behind=0), foreign)
    found = await rows(
        foreign,
        "SELECT slot, (SELECT height FROM backbeat.frontier_of_play(id)) FROM plays WHERE id > %s ORDER BY id",
        above,
    )
    assert len(found) == 8
    assert all(slot == height for slot, height in found)


async def test_a_block_that_is_noted_before_its_rows_is_not_trusted(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign)
    frontier = Frontier(blocks_behind=1)
    with writers(foreign_url, "theirs") as [theirs]:
        height = theirs.whole_block()
        theirs.begin()
        theirs.note()
        theirs.commit()
        await settled(frontier, foreign)
        assert (await rows(foreign, CURSOR))[0][0] == height
        theirs.write_block()
        theirs.write_rows()
        theirs.commit()
        await settled(frontier, foreign)
        assert (await rows(foreign, CURSOR))[0][0] == height, "that it is whole now, nobody tells"
        theirs.whole_block()
        await settled(frontier, foreign)
        assert (await rows(foreign, CURSOR))[0][0] == height + 1


async def test_a_play_that_is_committed_late_is_waited_for_and_not_missed(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    frontier = Frontier(blocks_behind=0)
    async with as_jobs_do(foreign_url) as session:
        await HOURLY_PLAY_COUNTS.rebuild(Session(session))
        before = await rows(foreign, CURSOR)
        with writers(foreign_url, "theirs", "late") as [theirs, late]:
            late.begin(late=True)
            early_id = late.play()
            for _ in range(3):
                theirs.whole_block()
            stood = await settled(frontier, foreign)
            assert [each.application for each in stood.waits_for] == ["late"]
            assert "(late, idle in transaction" in told(stood.waits_for)
            assert "plays" in told(stood.waits_for)
            assert await rows(foreign, CURSOR) == before
            await HOURLY_PLAY_COUNTS.incremental(Session(session))
            late.commit()
            stood = await settled(frontier, foreign)
            assert stood.waits_for == ()
        assert await rows(foreign, CURSOR) == await rows(foreign, HEAD)
        assert early_id < (await rows(foreign, CURSOR))[0][2]
        await HOURLY_PLAY_COUNTS.incremental(Session(session))
        assert (await HOURLY_PLAY_COUNTS.difference(session)).is_clean


async def test_those_that_began_later_are_not_waited_for(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    frontier = Frontier(blocks_behind=0)
    with writers(foreign_url, "theirs", "first", "second") as [theirs, first, second]:
        first.begin(late=True)
        first.play()
        height = theirs.whole_block()
        await settled(frontier, foreign)
        second.begin(late=True)
        second.play()
        theirs.whole_block()
        first.roll_back()
        assert (await frontier.step(Session(foreign))).has_moved
        assert (await rows(foreign, CURSOR))[0][0] == height
        stood = await settled(frontier, foreign)
        assert [each.application for each in stood.waits_for] == ["second"]


async def test_a_reader_and_a_writer_of_other_tables_hold_nothing_up(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    with psycopg.connect(foreign_url) as reader, psycopg.connect(foreign_url) as other:
        reader.execute("SELECT count(*) FROM plays")
        other.execute("INSERT INTO rpc_log VALUES ('1', '{}', now())")
        other.execute("INSERT INTO chat VALUES ('1', now(), now())")
        with writers(foreign_url, "theirs") as [theirs]:
            theirs.whole_block()
        await settled(Frontier(blocks_behind=0), foreign)
    assert await rows(foreign, CURSOR) == await rows(foreign, HEAD)


async def test_a_number_that_was_taken_before_its_row_is_waited_for(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    with psycopg.connect(foreign_url, application_name="numbers first") as numbers:
        numbers.execute("SELECT nextval('plays_id_seq')")
        with writers(foreign_url, "theirs") as [theirs]:
            theirs.whole_block()
        stood = await settled(Frontier(blocks_behind=0), foreign)
    assert [each.application for each in stood.waits_for] == ["numbers first"]


async def test_a_writer_that_is_prepared_to_commit_is_waited_for(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    frontier = Frontier(blocks_behind=0)
    with psycopg.connect(foreign_url) as late, writers(foreign_url, "theirs") as [theirs]:
        late.execute("SELECT nextval('plays_id_seq')")
        theirs.whole_block()
        assert (await frontier.step(Session(foreign))).waits_for
        late.execute("PREPARE TRANSACTION 'late'")
        late.rollback()
        stood = await frontier.step(Session(foreign))
        assert [each.pid for each in stood.waits_for] == [0]
        assert told(stood.waits_for)
        await foreign.execute("COMMIT PREPARED 'late'")
        assert (await frontier.step(Session(foreign))).has_moved


async def test_a_step_is_bounded(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    [(began, _, _)] = await rows(foreign, CURSOR)
    with writers(foreign_url, "theirs") as [theirs]:
        for _ in range(5):
            theirs.whole_block()
    await Frontier(blocks_behind=0, blocks_max=2).step(Session(foreign))
    assert (await rows(foreign, CURSOR))[0][0] == began + 2
    await Frontier(blocks_behind=0, plays_max=3).step(Session(foreign))
    assert (await rows(foreign, CURSOR))[0][0] == began + 3, "two plays are of that block, the third of a later one"
    await settled(Frontier(blocks_behind=0, plays_max=1), foreign)
    assert await rows(foreign, CURSOR) == await rows(foreign, HEAD)


WENT_BACK = {
    "DELETE FROM core_indexed_blocks WHERE height >= %s": "ends at",
    "UPDATE core_indexed_blocks SET blockhash = 'other' WHERE height = %s": "has another block",
    "SELECT setval('plays_id_seq', 1), %s": "sequence of plays went back",
    "UPDATE core_indexed_blocks SET chain_id = 'dev-2', height = 1 WHERE height = %s + 1": "went over from the chain",
}


@pytest.mark.parametrize("statement", WENT_BACK, ids=WENT_BACK.values())
async def test_a_writer_that_went_back_is_refused(
    statement: str, foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    with writers(foreign_url, "theirs") as [theirs]:
        height = theirs.whole_block()
        await settled(Frontier(blocks_behind=0), foreign)
        theirs.whole_block()
    stood = await rows(foreign, CURSOR)
    await foreign.execute(statement.encode(), [height])
    with pytest.raises(UnfitDatabaseError, match=WENT_BACK[statement]) as refused:
        await Frontier(blocks_behind=0).step(Session(foreign))
    assert refused.value.code == "writer_went_back"
    assert await rows(foreign, CURSOR) == stood


async def test_sessions_that_take_numbers_ahead_are_refused(foreign: AsyncConnection[Any]) -> None:
    await adopted_for_jobs(foreign)
    await foreign.execute("ALTER SEQUENCE plays_id_seq CACHE 10")
    with pytest.raises(UnfitDatabaseError) as refused:
        await Frontier(blocks_behind=1).step(Session(foreign))
    assert refused.value.code == "plays_numbered_ahead"


async def test_a_play_with_a_number_above_the_sequence_is_refused_before_it_is_passed(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    before = await rows(foreign, CURSOR)
    with writers(foreign_url, "theirs") as [theirs]:
        height = theirs.whole_block()
        await foreign.execute(
            "INSERT INTO plays (id, play_item_id, user_id, slot, created_at, updated_at) "
            "SELECT id + 1000, play_item_id, user_id, slot, created_at, updated_at FROM plays ORDER BY id DESC LIMIT 1"
        )
        with pytest.raises(UnfitDatabaseError) as refused:
            await Frontier(blocks_behind=0).step(Session(foreign))
        assert refused.value.code == "plays_numbered_by_hand"
        assert await rows(foreign, CURSOR) == before
        await foreign.execute("SELECT setval('plays_id_seq', (SELECT max(id) FROM plays))")
        theirs.whole_block()
        await settled(Frontier(blocks_behind=0), foreign)
    assert await rows(foreign, CURSOR) == await rows(foreign, HEAD)
    assert (await rows(foreign, CURSOR))[0][0] == height + 1


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
    statements: Sequence[str], foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    with psycopg.connect(foreign_url, application_name="late") as late, writers(foreign_url, "theirs") as [theirs]:
        for statement in statements:
            if statement.startswith("COPY"):
                with late.cursor().copy(statement.encode()) as copied:
                    copied.write_row((1, 1, 1, "2026-01-02", "2026-01-02"))
            else:
                late.execute(statement.encode())
        theirs.whole_block()
        frontier = Frontier(blocks_behind=0)
        stood = await settled(frontier, foreign)
        assert [each.application for each in stood.waits_for] == ["late"]
        late.commit()
        assert (await frontier.step(Session(foreign))).has_moved
    assert await rows(foreign, CURSOR) == await rows(foreign, HEAD)


async def test_a_step_without_the_lease_moves_nothing(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    before = await rows(foreign, CURSOR)
    with writers(foreign_url, "theirs") as [theirs]:
        theirs.whole_block()

    async def lost(connection: AsyncConnection[Any]) -> None:
        del connection
        raise LeaseLostError("lease_lost", "It is gone.", cure="")

    with pytest.raises(LeaseLostError):
        await Frontier(blocks_behind=0).step(Session(foreign, checked_by(lost)))
    assert await rows(foreign, CURSOR) == before


async def test_two_that_keep_it_do_not_move_it_twice(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    one, other = Frontier(blocks_behind=0), Frontier(blocks_behind=0)
    with writers(foreign_url, "theirs", "late") as [theirs, late]:
        late.begin(late=True)
        late.play()
        theirs.whole_block()
        assert (await one.step(Session(foreign))).waits_for
        theirs.whole_block()
        assert (await other.step(Session(foreign))).waits_for
        late.commit()
        assert (await other.step(Session(foreign))).has_moved
        ahead = await rows(foreign, CURSOR)
        with pytest.raises(LeaseLostError) as refused:
            await one.step(Session(foreign))
        assert refused.value.code == "frontier_moved"
    assert await rows(foreign, CURSOR) == ahead


async def test_a_look_of_before_the_server_began_again_is_taken_again(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_for_jobs(foreign, blocks_behind=0)
    frontier = Frontier(blocks_behind=0)
    with writers(foreign_url, "theirs", "late") as [theirs, late]:
        late.begin(late=True)
        late.play()
        theirs.whole_block()
        assert (await frontier.step(Session(foreign))).waits_for
        frontier._server = None
        late.roll_back()
        height = theirs.whole_block()
        assert (await frontier.step(Session(foreign))).has_moved
    assert (await rows(foreign, CURSOR))[0][0] == height
