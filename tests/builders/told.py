"""A chain that a test writes, and what users hear of it."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes, open_lanes
from backbeat.derived.notifications.notifications import EventNotifications
from backbeat.incremental.transaction import Session
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import DatabaseSettings
from builders.chain import GENESIS, WALLETS, ListSource, entity
from builders.indexing import index, rows

KEY = 1  # every user's wallet
RUNS_MAX = 1_000  # a job that never comes to rest is a failure, not a hang
RULES = EntityRules(verifier_address=WALLETS[KEY].address.lower())

PEOPLE = """
    INSERT INTO users (user_id, handle, handle_lc, wallet, is_current, created_at, updated_at)
    SELECT id, 'user' || id, 'user' || id, %s, true, now(), now() FROM unnest(%s::int[]) AS id
"""
TOLD = """
    SELECT type, group_id, specifier, user_ids, data, blocknumber, slot, "timestamp" FROM notification
    ORDER BY group_id, specifier
"""
MILESTONES = """
    SELECT id, name, threshold, blocknumber, slot, "timestamp" FROM milestones ORDER BY name, id, threshold
"""


def wrapped(payload: object) -> str:
    """Return a payload as clients wrap it."""
    return json.dumps({"cid": "", "data": payload})


class Told(NamedTuple):
    """A notification as it is stored, but for its id."""

    kind: str
    """Its type."""
    group_id: str
    """What it is about."""
    specifier: str
    """Which of that."""
    user_ids: list[int]
    """Who hears of it."""
    data: Any
    """What it says."""
    block_number: int | None
    """The em number of the cause."""
    slot: int | None
    """The slot of a play."""
    time: Any
    """What it is dated with."""


class ToldChain:
    """Indexes the blocks that a test writes, and tells users of them when it is asked to."""

    def __init__(self, lanes: Lanes, connection: AsyncConnection[Any], job: EventNotifications | None = None) -> None:
        self.connection = connection
        self.job = job or EventNotifications()
        self._lanes = lanes
        self._blocks: list[Sequence[core_pb2.SignedTransaction]] = []
        self._pauses: dict[int, timedelta] = {}
        self._nonce = 0

    async def people(self, *users: int) -> None:
        """Make users, whose wallets are all the same, past the chain."""
        await self.connection.execute(PEOPLE.encode(), [WALLETS[KEY].address.lower(), list(users)])

    async def ban(self, *users: int) -> None:
        """Give users a score below 0."""
        await self.connection.execute("UPDATE aggregate_user SET score = -1 WHERE user_id = ANY (%s)", [list(users)])

    def said(self, user_id: int, pair: str, entity_id: int, metadata: str = "") -> core_pb2.SignedTransaction:
        """Return a transaction that no other equals."""
        self._nonce += 1
        return entity(KEY, user_id, pair, entity_id, metadata, self._nonce)

    async def block(self, *transactions: core_pb2.SignedTransaction, pause: timedelta = timedelta(0)) -> None:
        """Index one block, that much later than a second after the one before."""
        await self.blocks([transactions], pause=pause)

    async def blocks(
        self,
        blocks: Iterable[Sequence[core_pb2.SignedTransaction]],
        *,
        together: int = 1,
        pause: timedelta = timedelta(0),
    ) -> None:
        """Index blocks in batches of at most so many; the first is that much later."""
        self._pauses[len(self._blocks)] = pause
        self._blocks += blocks
        source = ListSource(self._blocks)
        late = timedelta(0)
        for at, block in enumerate(source.chain):
            late += self._pauses.get(at, timedelta(0))
            block.timestamp.FromDatetime(GENESIS + timedelta(seconds=block.height) + late)
        await index(self._lanes, source, RULES, batch_blocks_max=together)

    async def tell(self) -> None:
        """Run the job until it has nothing left to tell."""
        for _ in range(RUNS_MAX):
            if (await self.job.incremental(Session(self.connection))).is_quiet:
                return
        raise AssertionError("the job never comes to rest")

    async def told(self, kind: str | None = None) -> list[Told]:
        """Tell, and return all notifications, or those of a kind."""
        await self.tell()
        found = [Told(*row) for row in await rows(self.connection, TOLD)]
        return [each for each in found if kind in (None, each.kind)]

    async def milestones(self) -> list[tuple[Any, ...]]:
        """Tell, and return all milestones."""
        await self.tell()
        return await rows(self.connection, MILESTONES)


@asynccontextmanager
async def chain_on(url: str, acts_max: int) -> AsyncIterator[ToldChain]:
    """Lend a chain on a database, told by a job that takes so many acts at once."""
    async with (
        await open_lanes(url, DatabaseSettings()) as lanes,
        await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection,
    ):
        yield ToldChain(lanes, connection, EventNotifications(acts_max=acts_max))


NewChain = Callable[[int], AbstractAsyncContextManager[ToldChain]]
"""Makes chains, each on a database of its own."""
