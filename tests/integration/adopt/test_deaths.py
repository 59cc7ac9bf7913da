"""However often an adoption dies, and wherever, the next ones do what is left, and it comes to the same."""

from functools import partial
from typing import Any

import psycopg
import pytest
from catalog_dump import differences, dump
from conftest import new_database
from depth import at_depth
from integration.adopt.audience import CHOICES, Heard, adopted
from psycopg import AsyncConnection

from backbeat.adopt.step import Step
from backbeat.db import address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.outage import OutageError
from backbeat.errors import AdoptionError
from builders.indexing import rows
from harness.connections import ScriptedConnection, end_session

pytestmark = [pytest.mark.newest, pytest.mark.slow]

STRIDE = at_depth(60, 25, 1)
RUNS_MAX = 2_000


class Dies(Heard):
    """Counts exchanges from the first step on, of which the one numbered ``at`` is the last."""

    def __init__(self, connection: ScriptedConnection, at: int) -> None:
        super().__init__()
        self._connection, self._at = connection, at

    def begins(self, step: Step) -> None:
        """Begin to count with the first step."""
        if not self._connection.at:
            self._connection.exchanges, self._connection.at = 0, self._at
        super().begins(step)


async def dies_at(url: str, executioner: AsyncConnection[Any], at: int, *, after: bool) -> bool:
    """Adopt until an exchange; tell whether it ended before that."""
    session = address.parse(url).session("backbeat/adopt", statement_timeout=0)
    async with await ScriptedConnection.connect(autocommit=True, **session) as dying:
        act = partial(end_session, executioner, dying.info.backend_pid)
        dying.before, dying.after = (None, act) if after else (act, None)
        try:
            await adopted(dying, CHOICES, Dies(dying, at))
        except (psycopg.OperationalError, OutageError):
            return False
        except AdoptionError as error:
            if error.code != "adopted_already":  # it died right behind the switch
                raise
        return True


async def done(connection: AsyncConnection[Any]) -> int:
    """Return how many steps are on record."""
    [(there,)] = await rows(connection, "SELECT to_regclass('backbeat.adoption_steps') IS NOT NULL")
    return int((await rows(connection, "SELECT count(*) FROM backbeat.adoption_steps"))[0][0]) if there else 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_t11_a_death_at_any_exchange_of_any_step_leaves_nothing_half_done(
    after: bool,
    foreign_url: str,
    foreign: AsyncConnection[Any],
    postgres: EmbeddedPostgres,
    admin: psycopg.Connection,
) -> None:
    await foreign.close()
    with new_database(postgres, admin, foreign_url.partition("?")[0].rpartition("/")[2]) as undisturbed:
        async with await address.connect(address.parse(undisturbed), "backbeat/adopt", statement_timeout=0) as calm:
            await adopted(calm)
        expected = dump(undisturbed)
    async with await AsyncConnection.connect(foreign_url, autocommit=True) as executioner:
        at, deaths, steps = 1, 0, 0
        while not await dies_at(foreign_url, executioner, at, after=after):
            deaths += 1
            now = await done(executioner)
            at, steps = (1 if now > steps else at + STRIDE), now
            assert deaths < RUNS_MAX
    assert deaths > 20
    assert list(differences(expected, dump(foreign_url))) == []
