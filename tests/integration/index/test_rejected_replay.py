"""After an upgrade that can do more, what was refused is applied in the order of the chain, once, and told so."""

import asyncio
import re
from typing import Any

import msgspec
import psycopg
import pytest
from chaos.content import content
from conftest import new_database
from psycopg import AsyncConnection

import backbeat
from backbeat.chain import plays as chain_plays
from backbeat.chain.proto import core_pb2
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import Lanes, open_lanes
from backbeat.derived.notifications.notifications import EVENT_NOTIFICATIONS
from backbeat.errors import DatabaseError, LeaseHeldError, LeaseLostError
from backbeat.incremental.transaction import Session
from backbeat.index.rejected import picking
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, entity, play, plays
from builders.indexing import block_loop, index, rows
from builders.replaying import LEASE_SECONDS, replay, replaying, without
from builders.waiting import eventually
from builders.writing import take_over

FIRST = 3_000_001
USERS = [
    entity(key, FIRST - 1 + key, "User/Create", FIRST - 1 + key, '{"cid":"","data":{}}', nonce=key)
    for key in range(1, 10)
]
FOLLOWED = "*/Follow"
UNFOLLOWED = "*/Unfollow"
BECAME = "SELECT height, tx_index, reason, became, new_reason FROM rejected_transactions ORDER BY 1, 2, play_index"
COUNTED = (
    "SELECT pair, outcome, reason, count, replayed FROM transaction_counts WHERE count + replayed > 0 ORDER BY 1, 2, 3"
)
FOLLOWS = (
    "SELECT follower_user_id - 3000000, followee_user_id - 3000000, is_delete, blocknumber FROM follows ORDER BY 1, 2"
)
PLAYED = "SELECT id, play_item_id, slot FROM plays ORDER BY id"
TRIED = "SELECT height, tx_index, play_index, became, tried_at, tried_by FROM rejected_transactions ORDER BY 1, 2, 3"


def follow(key: int, other: int, nonce: int, action: str = "Follow") -> core_pb2.SignedTransaction:
    return entity(key, FIRST - 1 + key, f"User/{action}", FIRST - 1 + other, nonce=nonce)


CHAIN = [
    USERS,
    [follow(1, 2, 11), plays(play("", "7")), follow(2, 3, 12)],
    [plays(play("", "8"))],
    [follow(3, 3, 13)],  # no version applies it
    [follow(1, 2, 14, "Unfollow")],
    [follow(4, 1, 15)],
]
OLD_CHAIN = CHAIN[:4]


async def old_version(lanes: Lanes, chain: list[list[core_pb2.SignedTransaction]] | None = None) -> None:
    with without(FOLLOWED, UNFOLLOWED):
        await index(lanes, ListSource(chain or CHAIN))


async def tell(lanes: Lanes) -> None:
    """Tell users of all that was done: a replay's acts have other places than a chain's."""
    async with lanes.jobs.connection() as session:
        while not (await EVENT_NOTIFICATIONS.incremental(Session(session))).is_quiet:
            pass


async def test_what_a_new_handler_can_do_is_applied_in_the_order_of_the_chain(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await old_version(lanes)
    assert await rows(connection, FOLLOWS) == []
    report = await replay(lanes)
    assert (report.found, report.ended.applied, report.ended.rejected, report.plays) == (5, 4, 1, 0)
    assert report.by_reason == {"self_target": 1}
    assert await rows(connection, FOLLOWS) == [(1, 2, True, 4), (2, 3, False, 2), (4, 1, False, 5)]
    assert await rows(connection, BECAME) == [
        (2, 0, "unsupported_entity", "applied", None),
        (2, 2, "unsupported_entity", "applied", None),
        (4, 0, "unsupported_entity", "rejected", "self_target"),
        (5, 0, "unsupported_entity", "applied", None),
        (6, 0, "unsupported_entity", "applied", None),
    ]
    stamped = "SELECT f.blockhash = b.blockhash, f.created_at FROM follows f JOIN blocks b ON b.number = f.blocknumber"
    assert {same for same, _ in await rows(connection, stamped)} == {True}
    times = "SELECT DISTINCT created_at = block_time FROM follows JOIN rejected_transactions ON tx_hash = txhash"
    assert await rows(connection, times) == [(True,)]
    assert {by for *_, by in await rows(connection, TRIED)} == {backbeat.__version__}


async def test_it_comes_to_what_the_new_version_makes_of_the_whole_chain(
    lanes: Lanes, database_url: str, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    await old_version(lanes)
    await replay(lanes)
    await tell(lanes)
    with new_database(postgres, admin, template) as url:
        async with await open_lanes(url, DatabaseSettings()) as others:
            await index(others, ListSource(CHAIN))
            await tell(others)
        mine, whole = content(database_url), content(url)
    for kept in ("rejected_transactions", "rejected_bytes", "transaction_counts"):
        mine.pop(f"backbeat.{kept}")
        whole.pop(f"backbeat.{kept}")
    assert mine == whole


async def test_each_transaction_is_counted_once_and_as_what_it_is(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await old_version(lanes)
    await replay(lanes)
    assert await rows(connection, COUNTED) == [
        ("", "applied", "", 2, 0),
        ("User/Create", "applied", "", 9, 0),
        ("User/Follow", "applied", "", 3, 0),
        ("User/Follow", "rejected", "unsupported_entity", 1, 3),
        ("User/Unfollow", "applied", "", 1, 0),
        ("User/Unfollow", "rejected", "unsupported_entity", 0, 1),
    ]


async def test_a_second_replay_writes_nothing(
    lanes: Lanes, connection: AsyncConnection[Any], database_url: str
) -> None:
    await old_version(lanes)
    await replay(lanes)
    before, tried = content(database_url), await rows(connection, TRIED)
    moved = await rows(connection, "SELECT updated_at FROM backbeat.cursor")
    report = await replay(lanes)
    assert (report.found, report.ended.applied, report.ended.rejected) == (1, 0, 1)
    assert content(database_url) == before
    assert await rows(connection, TRIED) == tried
    assert await rows(connection, "SELECT updated_at FROM backbeat.cursor") == moved


async def test_a_later_version_says_its_own_reason_and_the_first_one_stays(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await old_version(lanes, OLD_CHAIN)
    with without(FOLLOWED):
        await replay(lanes)
    said = "SELECT reason, new_reason, became FROM rejected_transactions WHERE height = 4"
    assert await rows(connection, said) == [("unsupported_entity", "unsupported_entity", "rejected")]
    await replay(lanes)
    assert await rows(connection, said) == [("unsupported_entity", "self_target", "rejected")]


async def test_a_dry_run_says_the_same_and_writes_nothing(
    lanes: Lanes, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picking, "TRANSACTIONS_MAX", 1)
    await old_version(lanes)
    before = content(database_url)
    would = await replay(lanes, dry_run=True)
    assert content(database_url) == before
    did = await replay(lanes)
    assert (would.ended, would.by_pair, would.by_reason) == (did.ended, did.by_pair, did.by_reason)


async def test_a_dry_run_needs_no_lease(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await old_version(lanes)
    await take_over(lanes, connection)
    assert (await replay(lanes, dry_run=True)).ended.applied == 4


async def test_only_what_was_chosen_is_replayed(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await old_version(lanes)
    assert (await replay(lanes, "self_target")).found == 0
    report = await replay(lanes, since=5)
    assert (report.found, report.ended.applied, report.forgotten) == (2, 1, 0)  # nobody was followed yet
    assert report.by_reason == {"no_active_record": 1}
    assert await rows(connection, FOLLOWS) == [(4, 1, False, 5)]


@pytest.mark.parametrize("limit", ["TRANSACTIONS_MAX", "BYTES_MAX"])
async def test_small_steps_come_to_the_same(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(picking, limit, 1)
    await old_version(lanes)
    assert (await replay(lanes)).ended.applied == 4
    assert await rows(connection, FOLLOWS) == [(1, 2, True, 4), (2, 3, False, 2), (4, 1, False, 5)]


async def test_it_is_refused_while_an_indexer_runs(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await old_version(lanes)
    with without(FOLLOWED):
        loop = block_loop(lanes, ListSource(CHAIN), lease_seconds=LEASE_SECONDS)
        loop._chain = msgspec.structs.replace(loop._chain, exit_at_tip=False)
        running = asyncio.create_task(loop.run())
        held = "SELECT count(*) FROM backbeat.leases WHERE expires_at > clock_timestamp()"

        async def leads() -> bool:
            return await rows(connection, held) == [(1,)]

        assert await eventually(leads)
        with pytest.raises(LeaseHeldError) as refused:
            await replay(lanes)
        loop.drain()
        await running
    assert refused.value.code == "lease_held"
    assert "backbeat up" in refused.value.cure
    assert await rows(connection, FOLLOWS) == []


async def test_the_lease_of_one_who_died_is_waited_for(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await old_version(lanes)
    await connection.execute(
        "UPDATE backbeat.leases SET holder = gen_random_uuid(), term = term + 1, seconds = %s,"
        " expires_at = clock_timestamp() + make_interval(secs => %s)",
        [LEASE_SECONDS, LEASE_SECONDS / 2],
    )
    assert (await replay(lanes)).ended.applied == 4


async def test_asked_to_stop_it_ends_behind_a_commit_and_goes_on_from_there(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picking, "TRANSACTIONS_MAX", 1)
    await old_version(lanes)
    stop = asyncio.Event()
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            stop.set()

    report = await replaying(lanes).run(LEASE_SECONDS, stop, tell)
    assert (report.stopped, report.done, told) == (True, 2, [(1, 5), (2, 5)])
    assert await rows(connection, FOLLOWS) == [(1, 2, False, 2), (2, 3, False, 2)]
    rest = await replay(lanes)
    assert (rest.stopped, rest.found, rest.ended.applied) == (False, 3, 2)


async def test_what_was_applied_from_another_transaction_is_not_applied_again(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    """The twin has another request id, so another hash; the message is the same."""
    twin = follow(1, 2, 11)
    twin.request_id = "another"
    chain = [USERS, [follow(1, 2, 11), follow(2, 3, 12)]]
    with without(FOLLOWED):
        await index(lanes, ListSource(chain))
    await index(lanes, ListSource([*chain, [twin], [follow(1, 2, 13, "Unfollow")]]))
    report = await replay(lanes)
    assert (report.ended.applied, report.by_reason) == (1, {"replayed": 1})
    assert await rows(connection, FOLLOWS) == [(1, 2, True, 4), (2, 3, False, 2)]
    assert (await replay(lanes)).ended.applied == 0


async def test_of_two_that_were_refused_with_one_message_the_first_is_applied(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    """The chain's memory of messages is off here."""
    twin = follow(1, 2, 11)
    twin.request_id = "another"
    chain = [USERS, [follow(1, 2, 11)], [follow(1, 2, 12, "Unfollow")], [twin]]
    with without(FOLLOWED, UNFOLLOWED):
        await index(lanes, ListSource(chain), EntityRules(replay_window_rows=0))
    would = await replay(lanes, dry_run=True)
    report = await replay(lanes)
    assert (report.ended.applied, report.by_reason) == (2, {"replayed": 1})
    assert would.ended == report.ended
    assert await rows(connection, FOLLOWS) == [(1, 2, True, 3)]


async def test_what_was_refused_as_replayed_stays_refused(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    again = follow(1, 2, 11)
    again.request_id = "another"
    chain = [USERS, [follow(1, 2, 11)], [follow(1, 2, 12, "Unfollow")], [again]]
    await index(lanes, ListSource(chain), EntityRules(refuse_replays=True))
    assert (await replay(lanes, "replayed")).found == 0
    assert await rows(connection, FOLLOWS) == [(1, 2, True, 3)]


async def test_a_signature_that_is_not_the_signers_stays_refused(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    foreign = entity(5, FIRST, "User/Follow", FIRST + 1, nonce=11, signer=USERS[0].manage_entity.signer)
    stranger = entity(5, FIRST, "User/Follow", FIRST + 2, nonce=12)
    with without(FOLLOWED):
        await index(lanes, ListSource([USERS, [foreign, stranger]]), EntityRules(verify_signatures=False))
    report = await replay(lanes)
    assert report.by_reason == {"signer_unauthorized": 2}
    assert await rows(connection, FOLLOWS) == []


async def test_what_the_database_still_refuses_harms_no_other(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await connection.execute("ALTER TABLE users ADD CONSTRAINT refused CHECK (user_id NOT IN (3000002, 3000005))")
    await index(lanes, ListSource([USERS]))
    skipped = "SELECT count(*) FROM skipped_transactions"
    assert await rows(connection, skipped) == [(2,)]
    await connection.execute("ALTER TABLE users DROP CONSTRAINT refused")
    await connection.execute("ALTER TABLE users ADD CONSTRAINT refused CHECK (user_id <> 3000005)")
    report = await replay(lanes)
    assert (report.ended.applied, report.by_reason) == (1, {"database_error": 1})
    assert await rows(connection, "SELECT count(*) FROM users") == [(8,)]
    assert await rows(connection, skipped) == [(1,)]
    detail = "SELECT new_detail LIKE '%%refused%%' FROM rejected_transactions WHERE became = 'rejected'"
    assert await rows(connection, detail) == [(True,)]


async def test_plays_that_were_too_many_are_written_once(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = plays(*(play("", "" if at == 14 else str(at)) for at in range(1, 19)))
    with monkeypatch.context() as old:
        old.setattr(chain_plays, "PLAYS_MAX", 12)
        await index(lanes, ListSource([[many], [plays(play("", "99"))]]))
    listed = "SELECT play_index, refused_plays, reason, became FROM rejected_transactions ORDER BY 1"
    assert await rows(connection, listed) == [(12, 6, "too_many_plays", None)]
    with monkeypatch.context() as newer:
        newer.setattr(chain_plays, "PLAYS_MAX", 15)
        assert (await replay(lanes)).plays == 2
    assert (await rows(connection, PLAYED))[12:] == [(13, 99, 2), (14, 13, 1), (15, 15, 1)]
    assert await rows(connection, listed) == [
        (12, 6, "too_many_plays", "applied"),
        (13, 4, "value_out_of_range", None),
        (15, 4, "too_many_plays", None),
    ]
    report = await replay(lanes)
    assert (report.plays, report.ended.applied) == (3, 1)
    assert (await rows(connection, PLAYED))[15:] == [(16, 16, 1), (17, 17, 1), (18, 18, 1)]
    assert await rows(connection, "SELECT play_id, height FROM backbeat.cursor") == [(18, 2)]
    assert await rows(connection, "SELECT sum(count), sum(plays) FROM transaction_counts") == [(2, 18)]
    assert await rows(connection, "SELECT sum(count) FROM aggregate_plays") == [(18,)]
    assert (await replay(lanes)).plays == 0


async def test_a_transaction_that_turns_out_to_be_plays_is_counted_as_such(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await index(lanes, ListSource([[core_pb2.SignedTransaction(signature="0x1")], [plays(play("", "1"))]]))
    raw = plays(play("", "7"), play("", "")).SerializeToString()
    await connection.execute("UPDATE backbeat.rejected_bytes SET raw = %s", [raw])
    report = await replay(lanes)
    assert (report.ended.applied, report.plays) == (1, 1)
    assert await rows(connection, PLAYED) == [(1, 1, 2), (2, 7, 1)]
    assert await rows(connection, "SELECT kind, outcome, count, plays FROM transaction_counts ORDER BY 1") == [
        ("plays", "applied", 2, 2),
        ("unknown", "rejected", 0, 0),
    ]


async def test_what_has_lost_its_bytes_is_told_and_left(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await old_version(lanes)
    await connection.execute("DELETE FROM backbeat.rejected_bytes WHERE height = 6")
    await connection.execute("DELETE FROM backbeat.rejected_bytes WHERE height = 2 AND tx_index = 2")
    await connection.execute("DELETE FROM backbeat.rejected_transactions WHERE height = 2 AND tx_index = 2")
    report = await replay(lanes)
    assert (report.found, report.without_bytes, report.forgotten, report.ended.applied) == (3, 1, 1, 2)


async def test_a_replay_whose_lease_was_taken_writes_nothing(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await old_version(lanes)
    await connection.execute(
        """
        CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE backbeat.leases SET term = term + 1; RETURN NULL; END $$;
        CREATE TRIGGER take AFTER INSERT ON follows EXECUTE FUNCTION take()
        """
    )
    with pytest.raises(LeaseLostError) as lost:
        await replay(lanes)
    assert lost.value.code == "lease_lost"
    assert await rows(connection, FOLLOWS) == []
    assert {became for *_, became, _ in await rows(connection, BECAME)} == {None}


async def test_a_replay_whose_cursor_was_moved_writes_nothing(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await old_version(lanes)
    await connection.execute(
        """
        CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE backbeat.cursor SET height = height + 1; RETURN NULL; END $$;
        CREATE TRIGGER move AFTER INSERT ON follows EXECUTE FUNCTION move()
        """
    )
    with pytest.raises(LeaseLostError) as lost:
        await replay(lanes)
    assert lost.value.code == "cursor_moved"
    assert await rows(connection, FOLLOWS) == []


async def test_a_failure_that_does_not_pass_is_told_with_its_place(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await old_version(lanes)
    await connection.execute(
        """
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE undefined_column USING MESSAGE = 'no such column'; END $$;
        CREATE TRIGGER fail AFTER INSERT ON follows EXECUTE FUNCTION fail()
        """
    )
    with pytest.raises(DatabaseError) as failed:
        await replay(lanes)
    assert failed.value.code == "rejected_not_replayed"
    assert "behind 0.-1" in failed.value.message
    assert "no such column" in failed.value.message


async def test_of_an_empty_database_nothing_is_replayed(lanes: Lanes) -> None:
    for dry_run in (True, False):
        assert (await replay(lanes, dry_run=dry_run)).found == 0


async def test_a_step_reads_on_where_the_last_one_ended(connection: AsyncConnection[Any]) -> None:
    """Both tables are walked along their keys from there, whatever statistics say: nothing is sorted or read again."""
    await connection.execute(
        """
        INSERT INTO backbeat.rejected_transactions (chain_id, height, tx_index, tx_hash, block_time, kind, reason)
        SELECT 'dev', at, 0, 'FF', now(), 'unknown', (ARRAY['unknown_transaction', 'duplicate', 'deleted'])[1 + at % 3]
        FROM generate_series(1, 20000) AS at
        """
    )
    await connection.execute(
        "INSERT INTO backbeat.rejected_bytes SELECT 'dev', at, 0, at, '' FROM generate_series(1, 20000) AS at"
    )
    values = {
        "chain": 1,
        "chain_id": "dev",
        "height": 10_000,
        "tx_index": 0,
        "reasons": list(picking.OF_THE_PROGRAM),
        "transactions_max": 500,
        "bytes_max": 1_000,
    }
    for _ in range(2):
        plan = await (await connection.execute("EXPLAIN (ANALYZE) " + picking.PICK, values)).fetchall()
        text = "\n".join(line for (line,) in plan)
        assert "Seq Scan on rejected" not in text
        assert max(int(float(found)) for found in re.findall(r"actual time=\S+ rows=([\d.]+)", text)) <= 2_000
        await connection.execute("ANALYZE backbeat.rejected_transactions, backbeat.rejected_bytes")


async def test_the_indexer_goes_on_behind_a_replay(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await old_version(lanes, OLD_CHAIN)
    await replay(lanes)
    await index(lanes, ListSource([*CHAIN, [plays(play("", "5"))]]))
    assert await rows(connection, FOLLOWS) == [(1, 2, True, 4), (2, 3, False, 2), (4, 1, False, 5)]
    assert await rows(connection, PLAYED) == [(1, 7, 2), (2, 8, 3), (3, 5, 7)]
