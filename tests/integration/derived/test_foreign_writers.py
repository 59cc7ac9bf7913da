"""Programs that follow Solana write tips, purchases and payouts: in any order, late, with rights on these alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import notification_reference
import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER
from backbeat.derived.challenges.first_tip import FIRST_TIP
from backbeat.derived.tips.supporters import SUPPORTERS
from builders.waiting import eventually
from harness.challenge_world import EPOCH, FIRST_SLOT, ChallengeWorld, Row, playlist, track, user, wipe_challenges
from harness.connections import waits_for_lock
from harness.emptying import empty

BUYER, SELLER, TRACK, LIST, ALBUM = 10, 2, 100, 200, 300
JOBS = (AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER, FIRST_TIP, SUPPORTERS)
THEIRS = (
    "sol_purchases", "usdc_purchases", "user_tips", "user_bank_txs", "sol_reward_disbursements", "reward_manager_txs",
    "challenge_disbursements",
)  # fmt: skip
SLOT = FIRST_SLOT + 1_000
BOUGHT_AT = EPOCH + timedelta(seconds=5)  # with the first block of the world
PAID = ["b|a:64|10|yes|1|5", "s|a:64|2|yes|1|25"]

SOL = """
    INSERT INTO sol_purchases (
        signature, instruction_index, amount, slot, from_account, content_type, content_id, buyer_user_id, access_type,
        valid_after_blocknumber, is_valid, created_at
    )
    VALUES (%(signature)s, 0, %(amount)s, %(slot)s, 'from', %(kind)s, %(content)s, 10, 'stream', 0, %(valid)s, %(at)s)
    ON CONFLICT (signature, instruction_index) DO UPDATE SET is_valid = excluded.is_valid, amount = excluded.amount
"""
USDC = """
    INSERT INTO usdc_purchases (
        slot, signature, buyer_user_id, seller_user_id, amount, extra_amount, content_type, content_id, created_at
    )
    VALUES (%(slot)s, %(signature)s, 10, 2, %(listed)s, %(extra)s, %(kind)s, %(content)s, %(at)s)
    ON CONFLICT (slot, signature) DO UPDATE SET amount = excluded.amount
"""
TIP = """
    INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (slot, signature) DO UPDATE SET amount = excluded.amount
"""
TRANSFER = "INSERT INTO reward_manager_txs (signature, slot, created_at) VALUES (%s, 5, %s)"
DISBURSEMENT = """
    INSERT INTO challenge_disbursements (challenge_id, user_id, specifier, signature, slot, amount)
    VALUES ('u', 1, %s, %s, 5, '100000000')
"""


@pytest.fixture(scope="module")
def writer_role(module_database_url: str, admin: psycopg.Connection) -> Iterator[str]:
    """A role that may write the tables of programs that follow Solana, and nothing else."""
    with psycopg.connect(module_database_url, autocommit=True) as owner:
        role = f"writer_{owner.info.backend_pid}"
        admin.execute(f"CREATE ROLE {role}; GRANT {role} TO backbeat".encode())
        owner.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(THEIRS)} TO {role}".encode())
        owner.execute(f"GRANT USAGE ON SCHEMA public TO {role}".encode())
        yield role
        owner.execute(
            f"REVOKE ALL ON {', '.join(THEIRS)} FROM {role}; REVOKE ALL ON SCHEMA public FROM {role}".encode()
        )
        admin.execute(f"DROP ROLE {role}".encode())


@pytest.fixture
async def world(module_database_url: str) -> AsyncIterator[ChallengeWorld]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        await wipe_challenges(connection)
        await empty(connection, (
            "usdc_purchases", "album_price_history", "user_bank_txs", "supporter_rank_ups", "aggregate_user_tips",
            "backbeat.counted_tips", "backbeat.supporters",
        ))  # fmt: skip
        await connection.execute("UPDATE challenges SET active = true, amount = '1' WHERE id IN ('b', 'ft')")
        await connection.execute("UPDATE challenges SET active = true, amount = '5' WHERE id = 's'")
        made = ChallengeWorld(connection)
        await made.block(
            user(SELLER, verified=True), user(BUYER), user(3), track(TRACK, SELLER), playlist(LIST, SELLER, TRACK),
            playlist(ALBUM, SELLER, TRACK, is_album=True),
        )  # fmt: skip
        await made.run(*JOBS)
        yield made


@asynccontextmanager
async def writer(url: str, role: str, *, autocommit: bool = True) -> AsyncIterator[AsyncConnection[Any]]:
    """Enter with a session of a program of another role."""
    async with await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as session:
        await session.execute(SQL("SET ROLE {}").format(Identifier(role)))
        await session.set_autocommit(autocommit)
        yield session


@pytest.fixture
async def foreign(module_database_url: str, writer_role: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with writer(module_database_url, writer_role) as session:
        yield session


@pytest.fixture
async def slow(module_database_url: str, writer_role: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A session of the same program that stays in its transaction."""
    async with writer(module_database_url, writer_role, autocommit=False) as session:
        yield session


def bought(**changed: Any) -> dict[str, Any]:
    """Return a purchase for five dollars, of which one and a half were paid on top of a price of five."""
    known = {
        "signature": "p", "slot": SLOT, "amount": 6_500_000, "listed": 5_000_000, "extra": 1_500_000, "kind": "track",
        "content": TRACK, "valid": True, "at": BOUGHT_AT,
    }  # fmt: skip
    return known | changed


async def price(world: ChallengeWorld) -> None:
    known = {"splits": [], "total_price_cents": 500, "blocknumber": world.block_number, "block_timestamp": EPOCH}
    await world.block(
        Row("track_price_history", {"track_id": TRACK, **known}),
        Row("album_price_history", {"playlist_id": ALBUM, **known}),
        Row("album_price_history", {"playlist_id": LIST, **known}),
    )


async def told(world: ChallengeWorld) -> list[tuple[Any, ...]]:
    found = await world.all(
        "SELECT type, user_ids, group_id, specifier, slot, timestamp, data FROM notification ORDER BY 1, 3"
    )
    names = ("type", "user_ids", "group_id", "specifier", "slot", "timestamp", "data")
    assert [why for row in found if (why := notification_reference.unlike(dict(zip(names, row, strict=True))))] == []
    return found


async def told_of_purchases(world: ChallengeWorld) -> list[tuple[Any, ...]]:
    return [row for row in await told(world) if row[0].startswith("usdc_purchase_")]


@pytest.mark.parametrize(("kind", "content"), [("track", TRACK), ("playlist", LIST), ("album", ALBUM)])
@pytest.mark.parametrize("tables", [(SOL,), (USDC,), (SOL, USDC), (USDC, SOL)], ids=["sol", "usdc", "both", "both too"])
async def test_a_purchase_in_either_table_pays_and_is_told_once(
    world: ChallengeWorld, foreign: AsyncConnection[Any], tables: tuple[str, ...], kind: str, content: int
) -> None:
    await price(world)
    for statement in tables:
        await foreign.execute(statement.encode(), bought(kind=kind, content=content))
        await world.run(*JOBS)
    assert await world.rows("b", "s") == [f"b|a:{content:x}|10|yes|1|5", f"s|a:{content:x}|2|yes|1|25"]
    data = {
        "content_type": kind, "content_id": content, "buyer_user_id": BUYER, "seller_user_id": SELLER,
        "amount": 5_000_000, "extra_amount": 1_500_000,
    }  # fmt: skip
    group = f"seller_user_id:2:buyer_user_id:10:content_id:{content}:content_type:{kind}"
    assert await told_of_purchases(world) == [
        (kind, [who], f"{kind}:{group}", "10", SLOT, BOUGHT_AT, data)
        for kind, who in (("usdc_purchase_buyer", BUYER), ("usdc_purchase_seller", SELLER))
    ]


@pytest.mark.parametrize("upsert", [True, False])
async def test_a_purchase_that_turns_valid_counts_then(
    world: ChallengeWorld, foreign: AsyncConnection[Any], upsert: bool
) -> None:
    await price(world)
    await foreign.execute(SOL, bought(valid=None))
    await foreign.execute(SOL, bought(valid=False))
    await world.run(*JOBS)
    assert (await world.rows("b", "s"), await told_of_purchases(world)) == ([], [])
    await foreign.execute(SOL if upsert else "UPDATE sol_purchases SET is_valid = true", bought() if upsert else None)
    await world.run(*JOBS)
    assert await world.rows("b", "s") == PAID
    assert len(await told_of_purchases(world)) == 2


async def test_a_purchase_that_commits_late_counts(
    world: ChallengeWorld, foreign: AsyncConnection[Any], slow: AsyncConnection[Any]
) -> None:
    await price(world)
    await slow.execute(SOL, bought(slot=SLOT - 500))
    await foreign.execute(SOL, bought(signature="q", content=ALBUM, kind="album"))
    await world.run(*JOBS)
    assert await world.rows("b") == ["b|a:12c|10|yes|1|5"]
    await slow.commit()
    await world.run(*JOBS)
    assert await world.rows("b") == ["b|a:64|10|yes|1|5", "b|a:12c|10|yes|1|5"]


@pytest.mark.parametrize("tables", [(SOL,), (USDC,), (SOL, USDC)], ids=["sol", "usdc", "both"])
async def test_a_purchase_ahead_of_our_chain_is_judged_when_blocks_have_come_to_it(
    world: ChallengeWorld, foreign: AsyncConnection[Any], tables: tuple[str, ...]
) -> None:
    """As where the chain is indexed from its beginning, and purchases are there already."""
    later = world.now + timedelta(hours=1)
    for statement in tables:
        await foreign.execute(statement.encode(), bought(content=101, at=later))
    await world.block(user(3), at=later - timedelta(seconds=10))
    await world.run(*JOBS)
    assert await world.rows("b", "s") == []
    known = {"splits": [], "total_price_cents": 500, "blocknumber": world.block_number, "block_timestamp": EPOCH}
    await world.block(track(101, SELLER), Row("track_price_history", {"track_id": 101, **known}), at=later)
    for _ in range(2):
        await world.run(*JOBS)
        assert await world.rows("b", "s") == ["b|a:65|10|yes|1|5", "s|a:65|2|yes|1|25"]


async def test_a_purchase_that_was_refused_is_not_judged_again_when_time_passes(
    world: ChallengeWorld, foreign: AsyncConnection[Any]
) -> None:
    await price(world)
    await world.block(user(SELLER, verified=False))
    await foreign.execute(SOL, bought(at=world.now))
    await world.run(*JOBS)
    await world.block(user(SELLER, verified=True))
    await foreign.execute(SOL, bought(signature="q", content=ALBUM, kind="album", at=world.now))
    await world.run(*JOBS)
    assert await world.rows("s") == ["s|a:12c|2|yes|1|25"]


async def test_tips_and_purchases_before_the_first_block_are_not_lost(
    world: ChallengeWorld, foreign: AsyncConnection[Any]
) -> None:
    await empty(world.connection, ("backbeat.cursor", "backbeat.clocks", "backbeat.consumers"))
    await world.run(*JOBS)
    begins = world.now + timedelta(seconds=5)
    await foreign.execute(SOL, bought(at=begins))
    await foreign.execute(TIP, [SLOT, "first", BUYER, SELLER, 10])
    await world.connection.execute("UPDATE user_tips SET created_at = %s", [begins])
    await world.run(*JOBS)
    assert await world.rows() == []
    await world.block(user(3))
    await world.run(*JOBS)
    assert await world.rows() == ["b|a:64|10|yes|1|6", "ft|a|10|yes|1|1", "s|a:64|2|yes|1|30"]


async def test_what_is_added_to_a_purchase_later_does_not_have_it_judged_again(
    world: ChallengeWorld, foreign: AsyncConnection[Any]
) -> None:
    await price(world)
    await world.block(user(SELLER, verified=False))
    await foreign.execute(SOL, bought(at=world.now))
    await world.run(*JOBS)
    await world.block(user(SELLER, verified=True))
    await foreign.execute("UPDATE sol_purchases SET city = 'Berlin', country = 'Germany'")
    await world.run(*JOBS)
    assert await world.rows("b", "s") == PAID[:1]
    assert len(await told_of_purchases(world)) == 2


@pytest.mark.parametrize("changed", [{"kind": "song"}, {"content": 999}, {"at": None, "slot": 2**40}])
async def test_a_purchase_that_we_cannot_place_fails_nobody(
    world: ChallengeWorld, foreign: AsyncConnection[Any], changed: dict[str, Any]
) -> None:
    await foreign.execute(SOL, bought(**changed))
    await world.run(*JOBS)
    is_known = "at" in changed
    assert len(await told_of_purchases(world)) == (2 if is_known else 0)
    assert len(await world.rows("b", "s")) == (2 if is_known else 0)


async def test_tips_pay_the_first_and_are_ranked_and_told(
    world: ChallengeWorld, foreign: AsyncConnection[Any], slow: AsyncConnection[Any]
) -> None:
    await world.block(user(3), at=datetime(2100, 1, 1))  # noqa: DTZ001 - tips are of the present, by their default
    await slow.execute(TIP, [SLOT, "early", BUYER, SELLER, 10])
    await slow.execute("INSERT INTO user_bank_txs VALUES ('early', %s, %s)", [SLOT, EPOCH])
    await foreign.execute("INSERT INTO user_bank_txs VALUES ('late', %s, %s)", [SLOT + 5, EPOCH])
    await foreign.execute(TIP, [SLOT + 5, "late", 3, SELLER, 15])
    await foreign.execute(TIP, [SLOT + 5, "late", 3, SELLER, 20])
    await world.run(*JOBS)
    await slow.commit()
    await world.run(*JOBS)
    assert await world.rows("ft") == ["ft|3|3|yes|1|1", "ft|a|10|yes|1|1"]
    ranks = await world.all("SELECT slot, sender_user_id, rank FROM supporter_rank_ups ORDER BY 1")
    assert ranks == [(SLOT, BUYER, 1), (SLOT + 5, 3, 1)]
    assert [row[:2] for row in await told(world) if not row[0].startswith("reward")] == [
        ("supporter_rank_up", [SELLER]), ("supporter_rank_up", [SELLER]),
        ("supporting_rank_up", [BUYER]), ("supporting_rank_up", [3]),
        ("tip_receive", [SELLER]), ("tip_receive", [SELLER]), ("tip_send", [BUYER]), ("tip_send", [3]),
    ]  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_a_payout_is_told_once_its_transfer_is_known_whatever_comes_first(
    world: ChallengeWorld, foreign: AsyncConnection[Any], order: tuple[int, ...]
) -> None:
    await world.block(user(1, wallet="0xab"))
    writes: list[tuple[str, list[Any]]] = [
        (TRANSFER, ["one", EPOCH]), (DISBURSEMENT, ["1", "one"]), (DISBURSEMENT, ["2", "unknown"]),
    ]  # fmt: skip
    for number in order:
        await foreign.execute(writes[number][0].encode(), writes[number][1])
    assert [row[2] for row in await told(world)] == ["challenge_reward:1:challenge:u:specifier:1"]


@pytest.mark.parametrize("transfer_first", [True, False])
async def test_two_writers_that_do_not_see_each_other_have_a_payout_told(
    world: ChallengeWorld, foreign: AsyncConnection[Any], slow: AsyncConnection[Any], transfer_first: bool
) -> None:
    writes: list[tuple[str, list[Any]]] = [(TRANSFER, ["one", EPOCH]), (DISBURSEMENT, ["1", "one"])]
    first, second = writes if transfer_first else reversed(writes)
    await slow.execute(first[0].encode(), first[1])
    task = asyncio.create_task(foreign.execute(second[0].encode(), second[1]))

    async def ready() -> bool:
        return task.done() or await waits_for_lock(world.connection, foreign)

    assert await eventually(ready)
    await slow.commit()
    await task
    assert [row[2] for row in await told(world)] == ["challenge_reward:1:challenge:u:specifier:1"]


async def test_a_reward_that_was_sent_to_a_wallet_is_told(world: ChallengeWorld, foreign: AsyncConnection[Any]) -> None:
    await world.block(user(1, wallet="0xab"))
    await foreign.execute(
        """
        INSERT INTO sol_reward_disbursements (
            signature, instruction_index, amount, slot, user_bank, challenge_id, specifier, recipient_eth_address
        )
        VALUES ('s', 0, 100000000, 5, 'bank', 'u', '1', '0xAB')
        """
    )
    assert [row[2] for row in await told(world)] == ["challenge_reward:1:challenge:u:specifier:1"]
