"""Scenarios 1 to 24 of the domain reference "chain and entities": the block loop and plays."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.errors import ChainDataError
from backbeat.index.lease import Lease
from builders.chain import GENESIS, ListSource, entity, make_block, play, plays
from builders.indexing import index, rows
from harness import settle

CREATE_USER = {
    key: entity(key, 3_000_000 + key, "User/Create", 3_000_000 + key, '{"cid":null,"data":null}', nonce=key)
    for key in range(1, 4)
}
REFUSED = entity(9, 3_999_999, "User/Follow", 3_000_001)
FOUR_BLOCKS = [[], [CREATE_USER[1]], [plays(play("", "2000001"))], [CREATE_USER[2], REFUSED]]

INDEXED = (
    "SELECT height, em_block, parenthash, plays_slot FROM core_indexed_blocks WHERE chain_id = 'dev' ORDER BY height"
)
BLOCKS = "SELECT number, parenthash, is_current FROM blocks ORDER BY number"


def hash_of(height: int) -> str:
    return make_block("dev", height, []).hash


async def test_s1_every_block_is_recorded_and_only_entity_blocks_are_numbered(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await index(lanes, ListSource(FOUR_BLOCKS))
    assert await rows(connection, INDEXED) == [
        (1, None, None, 0),
        (2, 1, hash_of(1), 0),
        (3, None, hash_of(2), 3),
        (4, 2, hash_of(3), 0),
    ]
    assert await rows(connection, BLOCKS) == [(1, None, None), (2, hash_of(2), None)]


async def test_s2_a_block_of_refused_transactions_still_gets_a_number(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await index(lanes, ListSource([[REFUSED]]))
    assert await rows(connection, "SELECT number FROM blocks") == [(1,)]
    assert await rows(connection, "SELECT reason, height, tx_index, user_id FROM rejected_transactions") == [
        ("signer_unknown_user", 1, 0, 3_999_999)
    ]


@pytest.mark.parametrize("batch_blocks_max", [1, 2, 100])
async def test_s3_indexing_the_same_chain_again_changes_nothing(
    lanes: Lanes, connection: AsyncConnection[Any], batch_blocks_max: int
) -> None:
    await index(lanes, ListSource(FOUR_BLOCKS[:3]), batch_blocks_max=batch_blocks_max)
    await index(lanes, ListSource(FOUR_BLOCKS), batch_blocks_max=batch_blocks_max)
    once = await rows(connection, INDEXED)
    await index(lanes, ListSource(FOUR_BLOCKS), batch_blocks_max=batch_blocks_max)
    assert await rows(connection, INDEXED) == once
    assert len(once) == 4
    assert await rows(connection, "SELECT count(*) FROM users") == [(2,)]
    assert await rows(connection, "SELECT count(*) FROM plays") == [(1,)]


async def test_s4_another_chains_heights_do_not_count(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await connection.execute(
        "INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES ('x', 'dev', 4), ('y', 'old', 900)"
    )
    await index(lanes, ListSource([[]], first_height=5))
    assert await rows(connection, "SELECT max(height) FROM core_indexed_blocks WHERE chain_id = 'dev'") == [(5,)]


async def test_s7_what_the_database_refuses_is_alone_in_its_fate(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await connection.execute("ALTER TABLE users ADD CONSTRAINT no_second CHECK (user_id <> 3000002)")
    await index(lanes, ListSource([[CREATE_USER[1], CREATE_USER[2], CREATE_USER[3]], [plays(play("", "7"))]]))
    assert await rows(connection, "SELECT user_id FROM users ORDER BY 1") == [(3_000_001,), (3_000_003,)]
    [(number, block_hash, level)] = await rows(
        connection, "SELECT blocknumber, blockhash, level FROM skipped_transactions"
    )
    assert (number, block_hash, level) == (1, hash_of(1), "node")
    assert await rows(connection, "SELECT tx_index, reason FROM rejected_transactions") == [(1, "database_error")]
    assert await rows(connection, "SELECT count(*) FROM plays") == [(1,)]


async def test_s8_a_lost_connection_at_commit_repeats_the_block_and_no_other(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [True, True, False]
    fence = Lease.fence

    async def failing_fence(self: Lease, conn: AsyncConnection[Any], *rest: Any) -> None:
        await fence(self, conn, *rest)
        if failures and failures.pop(0):
            await conn.close()
            raise psycopg.OperationalError

    monkeypatch.setattr(Lease, "fence", failing_fence)
    await index(lanes, ListSource(FOUR_BLOCKS), batch_blocks_max=1)
    assert failures == []  # they were met
    assert [row[0] for row in await rows(connection, INDEXED)] == [1, 2, 3, 4]
    assert await rows(connection, "SELECT sum(count) FROM backbeat.transaction_counts") == [(4,)]


async def test_s9_a_block_of_another_chain_stops_the_loop_and_writes_nothing(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    source = ListSource([[], []])
    source.chain[1].chain_id = "other"
    with pytest.raises(ChainDataError):
        await index(lanes, source, batch_blocks_max=1)
    assert await rows(connection, "SELECT max(height) FROM core_indexed_blocks") == [(1,)]


async def test_a_gap_stops_the_loop(lanes: Lanes) -> None:
    source = ListSource([[], [], []])
    del source.chain[1]
    with pytest.raises(ChainDataError):
        await index(lanes, source)


async def test_a_database_of_one_chain_refuses_another(lanes: Lanes) -> None:
    await index(lanes, ListSource([[]]))
    with pytest.raises(ChainDataError):
        await index(lanes, ListSource([[], []], chain_id="other"))


async def test_s10_cases_that_this_version_does_not_know_are_kept_and_passed(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    unknown = core_pb2.SignedTransaction(signature="0x00")
    await index(lanes, ListSource([[unknown, CREATE_USER[1]]]))
    assert await rows(connection, "SELECT reason FROM rejected_transactions") == [("unknown_transaction",)]
    assert await rows(connection, "SELECT count(*) FROM users") == [(1,)]


async def test_s11_transactions_count_in_served_order(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    track = entity(3, 3_000_003, "Track/Create", 2_000_001, '{"data":{"title":"A","owner_id":3000003}}')
    await index(lanes, ListSource([[track, CREATE_USER[3]]]))
    assert await rows(connection, "SELECT reason FROM rejected_transactions") == [("signer_unknown_user",)]
    assert await rows(connection, "SELECT count(*) FROM users") == [(1,)]


async def test_s11_and_in_the_other_order_both_are_applied(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    track = entity(3, 3_000_003, "Track/Create", 2_000_001, '{"data":{"title":"A","owner_id":3000003}}')
    await index(lanes, ListSource([[CREATE_USER[3], track]]))
    assert await rows(connection, "SELECT count(*) FROM tracks") == [(1,)]


@pytest.mark.parametrize("batch_blocks_max", [1, 100])
@pytest.mark.parametrize(
    ("order", "is_delete", "reasons"),
    [(("Save", "Unsave"), True, []), (("Unsave", "Save"), False, [("no_active_record",)])],
)
async def test_s12_save_and_unsave_end_as_their_order_says(
    lanes: Lanes,
    connection: AsyncConnection[Any],
    order: tuple[str, str],
    is_delete: bool,
    reasons: list[tuple[str]],
    batch_blocks_max: int,
) -> None:
    track = entity(1, 3_000_001, "Track/Create", 2_000_001, '{"data":{"title":"A","owner_id":3000001}}')
    acts = [entity(2, 3_000_002, f"Track/{action}", 2_000_001, nonce=5) for action in order]
    await index(lanes, ListSource([[CREATE_USER[1], CREATE_USER[2], track], acts]), batch_blocks_max=batch_blocks_max)
    assert await rows(connection, "SELECT is_delete, is_current FROM saves") == [(is_delete, True)]
    assert await rows(connection, "SELECT reason FROM rejected_transactions") == reasons


async def test_s14_a_number_that_another_writer_took_is_passed_over(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await connection.execute("INSERT INTO blocks (blockhash, number) VALUES ('elsewhere', 11)")
    await index(lanes, ListSource([[CREATE_USER[1]]]))
    assert await rows(connection, "SELECT number FROM blocks ORDER BY 1") == [(11,), (12,)]


async def test_s14_a_block_that_is_there_keeps_its_number(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await connection.execute("INSERT INTO blocks (blockhash, number) VALUES (%s, 11)", (hash_of(1),))
    await index(lanes, ListSource([[CREATE_USER[1]]]))
    assert await rows(connection, "SELECT em_block FROM core_indexed_blocks") == [(11,)]


async def test_s16_s17_s22_plays_become_rows(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    block = [
        plays(
            play("3000002", "2000001"),
            play("", "2000001"),
            play("0x" + "a" * 40, "2000001"),
            play("99999999999", "2000001", at=None),
            play("", "abc"),
            play("", "12345678901"),
        )
    ]
    await index(lanes, ListSource([block]))
    assert await rows(connection, "SELECT id, user_id, slot, source, country FROM plays ORDER BY id") == [
        (1, 3_000_002, 1, "relay", ""),
        (2, None, 1, "relay", ""),
        (3, None, 1, "relay", ""),
        (4, None, 1, "relay", ""),
    ]
    assert await rows(connection, "SELECT count FROM aggregate_plays WHERE play_item_id = 2000001") == [(4,)]
    assert await rows(connection, "SELECT created_at FROM plays WHERE id = 4") == [
        ((GENESIS + timedelta(seconds=1)).replace(tzinfo=None),)
    ]
    refused = "SELECT play_index, reason, field FROM rejected_transactions ORDER BY play_index"
    assert await rows(connection, refused) == [
        (4, "value_out_of_range", "track_id"),
        (5, "value_out_of_range", "track_id"),
    ]
    assert await rows(connection, "SELECT outcome, count FROM backbeat.transaction_counts") == [("applied", 1)]


async def test_s18_identical_plays_are_all_kept(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await index(lanes, ListSource([[plays(play("", "2000001"), play("", "2000001"))]]))
    assert await rows(connection, "SELECT count FROM aggregate_plays") == [(2,)]


@pytest.mark.parametrize("batch_blocks_max", [1, 100])
async def test_s19_s20_the_tenth_play_is_a_milestone_and_told_to_a_known_owner(
    lanes: Lanes, connection: AsyncConnection[Any], batch_blocks_max: int
) -> None:
    track = entity(1, 3_000_001, "Track/Create", 2_000_001, '{"data":{"title":"A","owner_id":3000001}}')
    tenth = datetime(2026, 1, 2, 2, 0, tzinfo=UTC)
    chain = [
        [CREATE_USER[1], track],
        [plays(*[play("", item) for item in ("2000001", "2999999") for _ in range(9)])],
        [plays(play("", "2000001", at=tenth), play("", "2999999", at=tenth))],
        [plays(play("", "2000001"))],
    ]
    await index(lanes, ListSource(chain), batch_blocks_max=batch_blocks_max)
    assert await rows(connection, 'SELECT id, name, threshold, slot, "timestamp" FROM milestones ORDER BY id') == [
        (2_000_001, "LISTEN_COUNT", 10, 3, tenth.replace(tzinfo=None)),
        (2_999_999, "LISTEN_COUNT", 10, 3, tenth.replace(tzinfo=None)),
    ]
    told = "SELECT type, specifier, group_id, user_ids FROM notification"
    assert await rows(connection, told) == [
        ("milestone", "3000001", "milestone:LISTEN_COUNT:id:2000001:threshold:10", [3_000_001])
    ]


async def test_s21_a_play_counts_in_its_own_month(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    old = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
    await index(lanes, ListSource([[plays(play("", "2000001", at=old))]]))
    assert await rows(connection, 'SELECT "timestamp"::text, country, count FROM aggregate_monthly_plays') == [
        ("2025-12-01", "", 1)
    ]
    assert await rows(connection, "SELECT created_at, country FROM plays") == [(old.replace(tzinfo=None), "")]


@pytest.mark.parametrize("batch_blocks_max", [1, 100])
async def test_s23_distinct_hours_and_tracks_of_a_listener(
    lanes: Lanes, connection: AsyncConnection[Any], batch_blocks_max: int
) -> None:
    def at(hour: int, minute: int) -> datetime:
        return GENESIS.replace(hour=hour, minute=minute, second=0)

    chain = [
        [plays(play("3000002", track, at=when))]
        for track, when in (("1", at(10, 5)), ("1", at(10, 50)), ("2", at(11, 0)), ("1", at(10, 59)))
    ]
    await index(lanes, ListSource(chain), batch_blocks_max=batch_blocks_max)
    await settle(LISTENERS, connection)
    assert await rows(connection, "SELECT hours_with_play FROM user_distinct_play_hours") == [(2,)]
    assert await rows(connection, "SELECT track_count FROM user_distinct_play_tracks") == [(2,)]


async def test_s24_a_plays_transaction_without_plays_is_applied_and_writes_nothing(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await index(lanes, ListSource([[plays()]]))
    assert await rows(connection, "SELECT count(*) FROM plays") == [(0,)]
    assert await rows(connection, "SELECT kind, outcome FROM backbeat.transaction_counts") == [("plays", "applied")]


async def test_plays_that_somebody_else_writes_stand_in_nobodys_way(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    chain = [[plays(play("", "1"))], [plays(play("", "2"), play("", "3"))]]
    await index(lanes, ListSource(chain[:1]))
    await connection.execute("INSERT INTO plays (play_item_id) VALUES (77), (78)")
    await index(lanes, ListSource(chain))
    assert await rows(connection, "SELECT id, play_item_id FROM plays ORDER BY id") == [
        (1, 1), (2, 77), (3, 78), (4, 2), (5, 3),
    ]  # fmt: skip
    assert await rows(connection, "SELECT play_id FROM backbeat.cursor") == [(5,)]
    assert await rows(connection, "SELECT count(*) FROM rejected_transactions") == [(0,)]


async def test_a_play_id_that_is_being_taken_is_waited_for(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    chain = [[plays(play("", "1"))], [plays(play("", "2"))]]
    await index(lanes, ListSource(chain[:1]))
    async with connection.transaction():
        await connection.execute("INSERT INTO plays (play_item_id) VALUES (77)")
        indexing = asyncio.create_task(index(lanes, ListSource(chain)))
        await waits_for_a_lock(connection)
    await indexing
    assert await rows(connection, "SELECT id, play_item_id FROM plays ORDER BY id") == [(1, 1), (2, 77), (3, 2)]


async def waits_for_a_lock(connection: AsyncConnection[Any]) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(500):
        if await rows(connection, waiting) != [(0,)]:
            return
        await asyncio.sleep(0.01)
    pytest.fail("nobody waits")
