"""Domain scenarios S1 to S6, S8, S9, S48 to S50 on the play count milestones."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.together import answer
from backbeat.derived.challenges.catalog import terms
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES, SUFFIXES, ladder
from backbeat.incremental.transaction import Session, checked_by
from harness import CatalogEdit, ChainWriter, Play, Track, User, settle
from harness.chain_writer import GENESIS

CHECKPOINT = "challenges:play_count_milestones:last_play_id"
IN_2024 = datetime(2024, 12, 31, 23, 59, 59)  # noqa: DTZ001 - the network's columns hold naive UTC


class Row(NamedTuple):
    challenge_id: str
    specifier: str
    user_id: int
    is_complete: bool
    current_step_count: int
    amount: int


async def rewards(connection: AsyncConnection[Any]) -> list[Row]:
    async with connection.cursor(row_factory=class_row(Row)) as cursor:
        await cursor.execute(
            """
            SELECT challenge_id, specifier, user_id, is_complete, current_step_count, amount
            FROM user_challenges ORDER BY challenge_id, user_id
            """
        )
        return await cursor.fetchall()


async def stamps(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
    query = "SELECT challenge_id, completed_blocknumber, completed_at, created_at FROM user_challenges ORDER BY 1"
    return await (await connection.execute(query)).fetchall()


async def position(connection: AsyncConnection[Any]) -> int | None:
    query = "SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = %s"
    found = await (await connection.execute(query, [CHECKPOINT])).fetchone()
    return found[0] if found else None


async def run(connection: AsyncConnection[Any]) -> None:
    await settle(PLAY_COUNT_MILESTONES, connection)
    assert (await PLAY_COUNT_MILESTONES.audit(connection)).is_clean


@pytest.fixture
def chain(connection: AsyncConnection[Any]) -> ChainWriter:
    return ChainWriter(connection)


def artist(user_id: int, plays: int, *, is_verified: bool = True, at: datetime | None = None) -> list[Any]:
    """A user with one track that was played."""
    play = Play(user_id * 10, None) if at is None else Play(user_id * 10, None, at)
    return [User(user_id, is_verified=is_verified), Track(user_id * 10, user_id), *[play] * plays]


async def test_s48_verified_artists_earn(chain: ChainWriter) -> None:
    await chain.commit([*artist(400, 300), *artist(401, 300, is_verified=False)])
    await run(chain.connection)
    assert await rewards(chain.connection) == [
        Row("p1", "190:250", 400, True, 250, 25),
        Row("p2", "190:1000", 400, False, 300, 100),
    ]


async def test_s49_a_tier_opens_when_the_one_below_is_reached(chain: ChainWriter) -> None:
    await chain.commit([*artist(410, 1500), *artist(420, 300)])
    await run(chain.connection)
    found = {
        (row.challenge_id, row.specifier): (row.is_complete, row.current_step_count)
        for row in await rewards(chain.connection)
    }
    assert found == {
        ("p1", "19a:250"): (True, 250),
        ("p2", "19a:1000"): (True, 1000),
        ("p3", "19a:10000"): (False, 1500),
        ("p1", "1a4:250"): (True, 250),
        ("p2", "1a4:1000"): (False, 300),
    }


@pytest.mark.parametrize(
    ("plays", "expected"),
    [
        (249, [("p1", False, 249)]),
        (250, [("p1", True, 250), ("p2", False, 250)]),
        (10_000, [("p1", True, 250), ("p2", True, 1000), ("p3", True, 10_000)]),
    ],
)
async def test_s50_thresholds(chain: ChainWriter, plays: int, expected: list[tuple[str, bool, int]]) -> None:
    await chain.commit(artist(1, plays))
    await run(chain.connection)
    assert [
        (row.challenge_id, row.is_complete, row.current_step_count) for row in await rewards(chain.connection)
    ] == expected


async def test_s50_plays_before_2025_do_not_count(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 5000, at=IN_2024))
    await run(chain.connection)
    assert await rewards(chain.connection) == []


async def test_s50_an_inactive_tier_leaves_the_ladder(chain: ChainWriter) -> None:
    await chain.edit(CatalogEdit("p1", "active", value=False))
    await chain.commit(artist(1, 100))
    await run(chain.connection)
    assert [row[:1] + row[3:5] for row in await rewards(chain.connection)] == [("p2", False, 100)]


@pytest.mark.parametrize("change", ["UPDATE challenges SET active = false", "DELETE FROM challenges"])
async def test_s1_without_an_active_row_nothing_is_read_or_moved(chain: ChainWriter, change: str) -> None:
    await chain.connection.execute(change.encode())
    await chain.commit(artist(1, 300))
    report = await PLAY_COUNT_MILESTONES.incremental(Session(chain.connection))
    assert report.is_quiet
    assert await position(chain.connection) is None
    assert await rewards(chain.connection) == []


async def test_s1_what_happened_while_inactive_counts_once_active_again(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 10))
    await run(chain.connection)
    await chain.connection.execute("UPDATE challenges SET active = false")
    await chain.commit(artist(2, 10))
    assert (await PLAY_COUNT_MILESTONES.incremental(Session(chain.connection))).is_quiet
    await chain.connection.execute("UPDATE challenges SET active = true")
    await chain.commit([User(9)])
    await run(chain.connection)
    assert {row.user_id for row in await rewards(chain.connection)} == {1, 2}


async def test_s2_running_twice_changes_nothing(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 300))
    await run(chain.connection)
    before = await stamps(chain.connection)
    await PLAY_COUNT_MILESTONES.rebuild(Session(chain.connection))
    await chain.commit([Play(10, None)])
    await run(chain.connection)
    assert await stamps(chain.connection) == before


async def test_s3_s4_amounts_follow_the_catalogue_until_completion(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 300))
    await run(chain.connection)
    completed = (await stamps(chain.connection))[0]
    for challenge_id in ("p1", "p2"):
        await chain.edit(CatalogEdit(challenge_id, "amount", "3"))
    await chain.commit([User(9), Play(10, None)])
    await run(chain.connection)
    assert [row[3:] for row in await rewards(chain.connection)] == [(True, 250, 25), (False, 301, 3)]
    assert (await stamps(chain.connection))[0] == completed


async def test_an_amount_that_is_no_number_is_nothing(chain: ChainWriter) -> None:
    await chain.edit(CatalogEdit("p1", "amount", "a lot"))
    await chain.commit(artist(1, 300))
    await run(chain.connection)
    assert (await rewards(chain.connection))[0].amount == 0


async def test_an_edited_threshold_applies_with_the_next_block_and_mints_no_second_row(chain: ChainWriter) -> None:
    await chain.commit([*artist(1, 300), *artist(2, 200)])
    await run(chain.connection)
    await chain.edit(CatalogEdit("p1", "step_count", 150))
    await chain.commit([User(9)])
    await run(chain.connection)
    assert [row[:5] for row in await rewards(chain.connection) if row.challenge_id == "p1"] == [
        ("p1", "1:250", 1, True, 250),
        ("p1", "2:250", 2, True, 150),
    ]


async def test_s5_a_checkpoint_ahead_of_the_rows_stays(chain: ChainWriter) -> None:
    await chain.connection.execute("INSERT INTO indexing_checkpoints VALUES (%s, 20000)", [CHECKPOINT])
    await chain.commit(artist(1, 300))
    await settle(PLAY_COUNT_MILESTONES, chain.connection)
    assert await rewards(chain.connection) == []
    assert await position(chain.connection) == 20_000


async def test_s6_the_checkpoint_follows_the_rows(chain: ChainWriter) -> None:
    await chain.connection.execute("INSERT INTO indexing_checkpoints VALUES (%s, 100)", [CHECKPOINT])
    await chain.commit(artist(1, 105))
    await run(chain.connection)
    assert await position(chain.connection) == 105
    assert [row.current_step_count for row in await rewards(chain.connection)] == [105]
    await chain.commit([User(9)])
    await run(chain.connection)
    assert await position(chain.connection) == 105


async def test_s8_a_failure_rolls_rows_and_checkpoint_back(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 10))
    await run(chain.connection)
    before = await position(chain.connection), await rewards(chain.connection)
    await chain.commit([Play(10, None)])

    async def refuse(_: AsyncConnection[Any]) -> None:
        raise psycopg.OperationalError("the disk is full")

    with pytest.raises(psycopg.OperationalError):
        await PLAY_COUNT_MILESTONES.incremental(Session(chain.connection, checked_by(refuse)))
    assert (await position(chain.connection), await rewards(chain.connection)) == before
    await run(chain.connection)
    assert [row.current_step_count for row in await rewards(chain.connection)] == [11]


async def test_s9_a_block_becomes_visible_as_a_whole_or_not_at_all(chain: ChainWriter, database_url: str) -> None:
    await chain.commit(artist(1, 10))
    await run(chain.connection)
    async with await AsyncConnection.connect(database_url, autocommit=True) as other:
        slow = ChainWriter(other, block_number=chain.block_number, play_id=chain.play_id)
        async with other.transaction():
            await slow.commit([User(2, is_verified=True), Track(20, 2), *[Play(20, None)] * 5])
            await run(chain.connection)
    await run(chain.connection)
    assert [(row.user_id, row.current_step_count) for row in await rewards(chain.connection)] == [(1, 10), (2, 5)]


async def test_late_verification_earns_without_another_play(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 300, is_verified=False))
    await run(chain.connection)
    assert await rewards(chain.connection) == []
    await chain.commit([User(1, is_verified=True)])
    await run(chain.connection)
    assert [row.challenge_id for row in await rewards(chain.connection)] == ["p1", "p2"]


async def test_a_deactivated_artist_earns_nothing(chain: ChainWriter) -> None:
    await chain.commit([*artist(1, 10), User(1, is_verified=True, is_deactivated=True)])
    await run(chain.connection)
    assert await rewards(chain.connection) == []


async def test_deleting_a_track_lowers_what_is_not_complete(chain: ChainWriter) -> None:
    await chain.commit([*artist(1, 300), Track(11, 1), *[Play(11, None)] * 100])
    await run(chain.connection)
    await chain.commit([Track(11, 1, is_delete=True)])
    await run(chain.connection)
    assert [row[:1] + row[3:5] for row in await rewards(chain.connection)] == [("p1", True, 250), ("p2", False, 300)]


async def test_plays_that_came_before_their_track_count_when_it_appears(chain: ChainWriter) -> None:
    await chain.commit([User(1, is_verified=True), *[Play(10, None)] * 30])
    await run(chain.connection)
    await chain.commit([Track(10, 1)])
    await run(chain.connection)
    assert [row.current_step_count for row in await rewards(chain.connection)] == [30]


async def test_a_completion_carries_the_block_that_reached_it(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 300))
    await chain.commit([User(5)])
    await run(chain.connection)
    [complete, incomplete] = await stamps(chain.connection)
    assert complete[1:3] == (1, GENESIS + timedelta(seconds=1))
    assert incomplete[1:3] == (None, None)


async def test_finished_artists_cost_no_recompute(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 10_000))
    await run(chain.connection)
    await chain.commit([Play(10, None)] * 50)
    report = await PLAY_COUNT_MILESTONES.incremental(Session(chain.connection))
    assert (report.keys, report.rows_read, report.rows_written) == (0, 0, 0)


async def test_audit_finds_what_is_wrong_and_rebuild_repairs_it(chain: ChainWriter) -> None:
    await chain.commit([*artist(1, 10), *artist(2, 300)])
    await run(chain.connection)
    await chain.connection.execute("UPDATE user_challenges SET current_step_count = 99 WHERE NOT is_complete")
    audit = await PLAY_COUNT_MILESTONES.audit(chain.connection)
    assert (audit.compared, audit.missing, audit.extra) == (2, 2, 2), "complete rows are final and not compared"
    await chain.commit([Play(10, None)])
    audit = await PLAY_COUNT_MILESTONES.audit(chain.connection)
    assert (audit.missing, audit.pending) == (1, 1), "what a run will recompute anyway is left out"
    assert (await PLAY_COUNT_MILESTONES.rebuild(Session(chain.connection))).updated == 2
    assert (await PLAY_COUNT_MILESTONES.audit(chain.connection)).is_clean


async def test_an_edited_catalogue_makes_the_audit_wait(chain: ChainWriter) -> None:
    await chain.commit(artist(1, 10))
    await run(chain.connection)
    await chain.edit(CatalogEdit("p1", "amount", "9"))
    await chain.commit([User(9)])
    assert (await PLAY_COUNT_MILESTONES.audit(chain.connection)).stale
    await run(chain.connection)
    assert not (await PLAY_COUNT_MILESTONES.audit(chain.connection)).stale


async def test_the_ladder_is_what_the_catalogue_offers(connection: AsyncConnection[Any]) -> None:
    await connection.execute("UPDATE challenges SET step_count = NULL WHERE id = 'p2'")
    found = ladder(await answer(connection, terms(list(SUFFIXES), list)))
    assert found is not None
    assert found["tiers"] == [("p1", 250, 25, 1, 1), ("p3", 10_000, 1000, 1, 1)]
    assert found["on"] == ["p1", "p3"]
