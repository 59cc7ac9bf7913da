"""One history, taken up by jobs at any pace: what is paid must not tell how."""

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection

from harness.chain_writer import CatalogEdit
from harness.challenge_jobs import challenges_of
from harness.challenge_life import STEPPED, USERS, Life, Step, TimedBlock, apply
from harness.challenge_world import ChallengeWorld, Row, wipe_challenges

ALL_COLUMNS = """
    SELECT
        challenge_id, specifier, user_id, is_complete, current_step_count, amount, completed_blocknumber, completed_at,
        created_at AT TIME ZONE 'UTC'
    FROM user_challenges
    WHERE challenge_id = ANY (%s)
    ORDER BY challenge_id, specifier
"""


class Pace(NamedTuple):
    """How jobs take up a history: after every so many ``blocks``, None: at the end; in windows of ``rows_max`` rows."""

    blocks: int | None
    rows_max: int | None = None


JUDGED_AS_OF_THE_BLOCK = ("u", "fp", "p", "v", "cs", "c", "cp", "w", "m", "r", "rv", "rd")
"""Challenges whose rows are a function of the chain and of the catalogue's history."""

EVERY_BLOCK = Pace(1)
PACES = (Pace(25), Pace(400), Pace(None), Pace(None, 1), Pace(None, 7), Pace(3, 2))


class ChangingLife(Life):
    """A life in which tracks change hands as well, and only the challenges ``ids`` are edited in the catalogue."""

    def __init__(self, source: random.Random, ids: Sequence[str]) -> None:
        super().__init__(source)
        self._ids = ids

    def history(self, count: int) -> list[Step]:
        """Return blocks, each a step of its own, and edits of the catalogue between them."""
        steps: list[Step] = []
        for step in self.steps(count):
            if isinstance(step, CatalogEdit):
                steps.extend([step] if step.challenge_id in self._ids else [])
                continue
            steps.extend([[TimedBlock(_handed_on(block.rows, self._random), block.at)] for block in step])
        return steps


def _handed_on(rows: list[Row], source: random.Random) -> list[Row]:
    """One in five tracks changes hands."""
    return [
        msgspec.structs.replace(row, columns={**row.columns, "owner_id": source.randint(1, USERS)})
        if row.table == "tracks" and source.randrange(5) == 0
        else row
        for row in rows
    ]


async def taken_up(
    connection: AsyncConnection[Any], steps: Sequence[Step], ids: Sequence[str], pace: Pace
) -> list[tuple[Any, ...]]:
    """Return every column of the rows of ``ids`` that a history leaves in an empty world."""
    await wipe_challenges(connection)
    world = ChallengeWorld(connection)
    await connection.execute("UPDATE challenges SET active = true")
    for challenge_id, step_count in STEPPED.items():
        await world.set(challenge_id, step_count=step_count)
    jobs = [one for one in challenges_of(world, pace.rows_max) if pays(one, ids)]
    waiting = 0
    for step in steps:
        await apply(world, step)
        waiting += not isinstance(step, CatalogEdit)
        if waiting == pace.blocks:
            await world.run(*jobs)
            waiting = 0
    await world.run(*jobs)
    return await world.all(ALL_COLUMNS, list(ids))


def pays(keeper: Any, ids: Sequence[str]) -> bool:
    """Tell whether a keeper writes rows of one of ``ids``."""
    within = keeper.target.within if hasattr(keeper, "target") else None
    return within is not None and bool(set(within[1]) & set(ids))
