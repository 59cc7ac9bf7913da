"""The same history through the program: indexed in batches of any size, with jobs at any pace."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes, open_lanes
from backbeat.derived.releases.scheduled import ScheduledReleases
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, make_block
from builders.clocks import HeldClock
from builders.indexing import index
from harness.challenge_jobs import challenges_of
from harness.challenge_world import ChallengeWorld
from naive_rewards.stories import RULES, Made, Step
from naive_rewards.weeks import Look


class Pace(NamedTuple):
    """How a history is taken up."""

    batch_blocks: int
    """Most blocks that are committed together."""
    job_blocks: int | None
    """After how many blocks jobs run to rest; None: at the end."""
    rows_max: int | None = None
    """Most rows that a job reads at once."""


class Chain(ListSource):
    """The blocks of a history, as far as they have come."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__([])
        self.whole = [_block(height, made) for height, made in enumerate(_made(steps), 1)]

    def reach(self, height: int) -> None:
        self.chain = self.whole[:height]


def _made(steps: Sequence[Step]) -> list[Made]:
    return [step for step in steps if isinstance(step, Made)]


def _block(height: int, made: Made) -> core_pb2.Block:
    block = make_block("dev", height, made.transactions)
    block.timestamp.FromDatetime(made.time)
    return block


async def replay(url: str, connection: AsyncConnection[Any], steps: Sequence[Step], pace: Pace) -> list[Look]:
    """Have the program index a history and run the challenges' jobs; return when these looked.

    Edits count from the next numbered block on, and a job that comes before it finds them: no job does here.
    """
    chain, world = Chain(steps), ChallengeWorld(connection)
    looks: list[Look] = []
    height, judged, is_edited = 0, 0, False
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        for step, following in zip(steps, (*steps[1:], None), strict=True):
            if not isinstance(step, Made):
                await step.do(connection)
                is_edited = True
                continue
            height += 1
            is_edited = is_edited and not _is_numbered(step)
            is_due = following is None or (pace.job_blocks is not None and height - judged >= pace.job_blocks)
            if is_due or not isinstance(following, Made):
                await _index(lanes, chain, height, pace)
            if is_due and not is_edited:
                world.now = step.time.replace(tzinfo=None)
                await world.run(ScheduledReleases(HeldClock(world.now)), *challenges_of(world, pace.rows_max))
                looks.append(Look(height, world.now))
                judged = height
    return looks


def _is_numbered(made: Made) -> bool:
    return any(one.HasField("manage_entity") for one in made.transactions)


async def _index(lanes: Lanes, chain: Chain, height: int, pace: Pace) -> None:
    chain.reach(height)
    await index(lanes, chain, RULES, batch_blocks_max=pace.batch_blocks)


async def write(url: str, steps: Sequence[Step], connection: AsyncConnection[Any]) -> None:
    """Have the program index a history block by block, and no job run."""
    chain, height = Chain(steps), 0
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        for step, following in zip(steps, (*steps[1:], None), strict=True):
            if not isinstance(step, Made):
                await step.do(connection)
                continue
            height += 1
            if not isinstance(following, Made):
                await _index(lanes, chain, height, Pace(1, None))
