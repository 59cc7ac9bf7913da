"""A world of tips, as programs that follow Solana write them, and what the rules make of them, naively."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from hypothesis import strategies as st
from psycopg import AsyncConnection

from backbeat.derived.tips.supporter_counts import SUPPORTER_COUNTS
from backbeat.derived.tips.supporters import Supporters
from harness.check import settle
from harness.emptying import empty

START = datetime.fromisoformat("2026-01-31 18:00")
RANKS_MAX = 5
WRITTEN = (
    "user_tips", "user_bank_txs", "aggregate_user_tips", "supporter_rank_ups", "aggregate_user", "notification",
    "indexing_checkpoints", "backbeat.counted_tips", "backbeat.supporters", "backbeat.changes", "backbeat.consumers",
)  # fmt: skip
UPSERT = """
    INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at)
    SELECT tip.*, '2026-01-31 18:00'::timestamp + slot * interval '1 second'
    FROM unnest(%s::int[], %s::text[], %s::int[], %s::int[], %s::bigint[])
        AS tip (slot, signature, sender_user_id, receiver_user_id, amount)
    ON CONFLICT (slot, signature) DO UPDATE
    SET sender_user_id = excluded.sender_user_id, receiver_user_id = excluded.receiver_user_id,
        amount = excluded.amount, updated_at = CURRENT_TIMESTAMP
"""
SHOWN = {
    "sums": "SELECT sender_user_id, receiver_user_id, amount FROM aggregate_user_tips ORDER BY 1, 2",
    "ranks": "SELECT slot, receiver_user_id, sender_user_id, rank FROM supporter_rank_ups ORDER BY 1, 2, 3",
    "kept": "SELECT user_id, supporter_count, supporting_count FROM backbeat.supporters ORDER BY 1",
}
COUNTS = """
    SELECT user_id, supporter_count, supporting_count FROM aggregate_user
    WHERE supporter_count <> 0 OR supporting_count <> 0 ORDER BY 1
"""
TOLD = "SELECT type, group_id, specifier, user_ids, slot, timestamp, data FROM notification ORDER BY 2, 3"


class Tip(NamedTuple):
    slot: int
    signature: str
    sender: int
    receiver: int
    amount: int


class Step(NamedTuple):
    """What is written in one transaction: tips, new or corrected; tips taken back; slots with a known transaction."""

    tips: Sequence[Tip] = ()
    taken_back: Sequence[str] = ()
    paid: Sequence[int] = ()


def tip(slot: int, sender: int, receiver: int, amount: int, signature: str | None = None) -> Tip:
    return Tip(slot, signature or f"s{slot}:{sender}", sender, receiver, amount)


def at(slot: int) -> datetime:
    return START + timedelta(seconds=slot)


async def write(connection: AsyncConnection[Any], step: Step) -> None:
    """Write a step's rows, in whatever transaction the session is."""
    keyed = {(each.slot, each.signature): each for each in step.tips}
    if keyed:
        await connection.execute(UPSERT, [list(column) for column in zip(*keyed.values(), strict=True)])
    if step.taken_back:
        await connection.execute("DELETE FROM user_tips WHERE signature = ANY (%s)", [list(step.taken_back)])
    if step.paid:
        await connection.execute(
            """
            INSERT INTO user_bank_txs (signature, slot, created_at)
            SELECT 'b' || slot, slot, %s::timestamp + slot * interval '1 second' FROM unnest(%s::int[]) AS slot
            ON CONFLICT DO NOTHING
            """,
            [START, list(step.paid)],
        )


class TipsWorld:
    """A database that tips are written to."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await empty(connection, WRITTEN)
        return cls(connection)

    async def apply(self, step: Step) -> None:
        async with self.connection.transaction():
            await write(self.connection, step)

    async def rows(self, _derived: Any = None) -> list[tuple[Any, ...]]:
        return [row for query in SHOWN.values() for row in await self.all(query)]

    async def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(query.encode(), values or None)).fetchall()

    async def kept(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return what the jobs keep."""
        return {name: await self.all(query) for name, query in {**SHOWN, "counts": COUNTS}.items()}

    async def expected(self, told_upto: int = -1) -> dict[str, list[tuple[Any, ...]]]:
        """Return what the rules make of the tips that are there."""
        tips = [
            Tip(*row)
            for row in await self.all("SELECT slot, '', sender_user_id, receiver_user_id, amount FROM user_tips")
        ]
        return reference(tips, told_upto)

    async def run(self, supporters: Supporters) -> None:
        await settle(supporters, self.connection)
        await settle(SUPPORTER_COUNTS, self.connection)


class ToldWorld(TipsWorld):
    """The same, looked at for what users were told as well."""

    async def rows(self, derived: Any = None) -> list[tuple[Any, ...]]:
        return [*await super().rows(derived), *await self.all(TOLD)]


class CountsWorld(TipsWorld):
    """The same, looked at for what people read of users."""

    async def apply(self, step: Step) -> None:
        await super().apply(step)
        await settle(Supporters(), self.connection)

    async def rows(self, _derived: Any = None) -> list[tuple[Any, ...]]:
        return await self.all(COUNTS)


def reference(tips: Iterable[Tip], told_upto: int = -1) -> dict[str, list[tuple[Any, ...]]]:
    """What tips come to, all at once and slot by slot."""
    given = [each for each in tips if each.amount > 0]
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for each in given:
        sums[each.sender, each.receiver] += each.amount
    users = sorted({user for pair in sums for user in pair})
    counts = [
        (user, sum(receiver == user for _, receiver in sums), sum(sender == user for sender, _ in sums))
        for user in users
    ]
    ranks = [rank for receiver in users for rank in _rank_ups(given, receiver) if rank[0] > told_upto]
    return {
        "sums": [(*pair, amount) for pair, amount in sorted(sums.items())],
        "ranks": sorted(ranks),
        "kept": counts,
        "counts": counts,
    }


def _rank_ups(given: Sequence[Tip], receiver: int) -> Iterable[tuple[int, int, int, int]]:
    mine = [each for each in given if each.receiver == receiver]
    for slot in sorted({each.slot for each in mine}):
        before = _ranks(each for each in mine if each.slot < slot)
        after = _ranks(each for each in mine if each.slot <= slot)
        for sender, rank in after.items():
            if sender not in before or rank < before[sender]:
                yield slot, receiver, sender, rank


def _ranks(tips: Iterable[Tip]) -> dict[int, int]:
    """The rule of the network: by what was given, who gave the same shares a rank, up to the fifth."""
    sums: dict[int, int] = defaultdict(int)
    for each in tips:
        sums[each.sender] += each.amount
    ranks = {sender: 1 + sum(other > amount for other in sums.values()) for sender, amount in sums.items()}
    return {sender: rank for sender, rank in ranks.items() if rank <= RANKS_MAX}


SLOTS = st.integers(1, 12)
SIGNATURES = st.sampled_from("abcdefghijkl")
TIPS = st.builds(Tip, SLOTS, SIGNATURES, st.integers(1, 9), st.integers(8, 9), st.integers(0, 4))
STEPS = st.builds(
    Step,
    st.lists(TIPS, max_size=8),
    st.lists(SIGNATURES, max_size=1),
    st.lists(SLOTS, max_size=2),
)
