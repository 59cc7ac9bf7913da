"""However often an adoption dies, and wherever, the next ones do what is left, and it comes to the same."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec
import psycopg
import pytest
from catalog_dump import Catalog, differences, dump
from conftest import new_database
from depth import at_depth
from integration.adopt.audience import CHOICES, PATIENCE, Heard, adopted
from integration.adopt.conftest import name_of
from integration.adopt.test_refusals import TWO_CURRENT
from psycopg import AsyncConnection

from backbeat.adopt.adoption import Choices
from backbeat.adopt.release import purge, release
from backbeat.adopt.step import Step
from backbeat.adopt.turn import turn
from backbeat.db import address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.outage import OutageError
from backbeat.errors import AdoptionError
from builders.indexing import rows
from harness.connections import ScriptedConnection, end_session

pytestmark = [pytest.mark.newest, pytest.mark.slow]

STRIDE = at_depth(60, 25, 1)
RUNS_MAX = at_depth(2_000, 2_000, 40_000)


class Dies(Heard):
    """Counts exchanges from a step of a name on, of which the one numbered ``at`` is the last.

    ``skipped`` steps of the name, but for the one that has no other name, are done first.
    """

    def __init__(self, connection: ScriptedConnection, at: int, of: str = "", skipped: int = 0) -> None:
        super().__init__()
        self._connection, self._at, self._of, self._skipped = connection, at, of, skipped

    def begins(self, step: Step) -> None:
        """Begin to count with the step."""
        if not self._connection.at and step.name.startswith(self._of):
            if self._skipped and step.name != self._of:
                self._skipped -= 1
            else:
                self._connection.exchanges, self._connection.at = 0, self._at
        elif not step.name.startswith(self._of):
            self._connection.at = 0
        super().begins(step)


Act = Callable[[ScriptedConnection], Awaitable[object]]


async def dies_at(url: str, executioner: AsyncConnection[Any], act: Act, at: int, *, after: bool, done: str) -> bool:
    """Act until an exchange, before or ``after`` it; tell whether that ended before, or was ``done`` already."""
    session = address.parse(url).session("backbeat/adopt", statement_timeout=0)
    async with await ScriptedConnection.connect(autocommit=True, **session) as dying:
        end = partial(end_session, executioner, dying.info.backend_pid)
        dying.before, dying.after = (None, end) if after else (end, None)
        dying.exchanges, dying.at = 0, at
        try:
            await act(dying)
        except (psycopg.OperationalError, OutageError):
            return False
        except AdoptionError as error:
            if error.code != done:  # it died right behind its commit
                raise
        return True


async def done(connection: AsyncConnection[Any]) -> int:
    """Return how many steps are on record."""
    [(there,)] = await rows(connection, "SELECT to_regclass('backbeat.adoption_steps') IS NOT NULL")
    return int((await rows(connection, "SELECT count(*) FROM backbeat.adoption_steps"))[0][0]) if there else 0


def adopting(at: int, choices: Choices = CHOICES, of: str = "", skipped: int = 0) -> Act:
    """Return an adoption of which the exchange ``at``, from a step of a name on, is the last."""
    return lambda dying: adopted(dying, choices, Dies(dying, at, of, skipped))


both = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


@both
async def test_t11_a_death_at_any_exchange_of_any_step_leaves_nothing_half_done(
    after: bool,
    foreign_url: str,
    foreign: AsyncConnection[Any],
    postgres: EmbeddedPostgres,
    admin: psycopg.Connection,
) -> None:
    await foreign.close()
    with new_database(postgres, admin, name_of(foreign_url)) as undisturbed:
        async with await address.connect(address.parse(undisturbed), "backbeat/adopt", statement_timeout=0) as calm:
            await adopted(calm)
        expected = dump(undisturbed)
    async with await AsyncConnection.connect(foreign_url, autocommit=True) as executioner:
        at, deaths, steps = 1, 0, 0
        while not await dies_at(foreign_url, executioner, adopting(at), 0, after=after, done="adopted_already"):
            deaths += 1
            now = await done(executioner)
            at, steps = (1 if now > steps else at + STRIDE), now
            assert deaths < RUNS_MAX
    assert deaths > 20
    assert list(differences(expected, dump(foreign_url))) == []


JOBS = msgspec.structs.replace(CHOICES, jobs_only=True)
REPAIRS = msgspec.structs.replace(CHOICES, repair_duplicates=True)
OF_OURS = """
    SELECT
        (SELECT array_agg(row (chain_id, height, block_number, play_id)::text) FROM backbeat.cursor),
        (SELECT array_agg(chain_id) FROM backbeat.beside),
        (SELECT array_agg(row (chain_id, height, released_height)::text ORDER BY number) FROM backbeat.adoptions),
        (
            SELECT array_agg(row (table_name, name, enabled)::text ORDER BY table_name, name)
            FROM backbeat.adopted_triggers
        ),
        (SELECT array_agg(name ORDER BY name) FROM backbeat.adoption_steps)
"""
OF_THEIRS = """
    SELECT
        (SELECT array_agg(row (user_id, txhash, is_current)::text ORDER BY user_id, txhash) FROM users),
        (SELECT array_agg(row (tgrelid::regclass, tgname, tgenabled)::text ORDER BY tgrelid::regclass::text, tgname)
         FROM pg_trigger WHERE NOT tgisinternal),
        (SELECT array_agg(row (sequencename, last_value)::text ORDER BY sequencename)
         FROM pg_sequences WHERE schemaname = 'public' AND sequencename <> 'etl_blocks_id_seq'),
        (SELECT array_agg(row (block_height, proposer_address)::text ORDER BY block_height) FROM etl_blocks)
"""


async def state(url: str) -> tuple[Any, ...]:
    """Return all that a verb leaves, but for instants."""
    async with await AsyncConnection.connect(url, autocommit=True) as session:
        [(is_ours,)] = await rows(session, "SELECT to_regclass('backbeat.adoptions') IS NOT NULL")
        ours = await rows(session, OF_OURS) if is_ours else []
        return (*ours, *await rows(session, OF_THEIRS))


async def catalog_of(url: str) -> Catalog:
    """Return what the schemas hold; of a database without ours nothing, since its tables are not looked at."""
    async with await AsyncConnection.connect(url, autocommit=True) as session:
        [(is_there,)] = await rows(session, "SELECT to_regnamespace('backbeat') IS NOT NULL")
    return dump(url) if is_there else {}


async def released(connection: AsyncConnection[Any]) -> int:
    return await release(connection, patience=PATIENCE, waits=lambda *_: None)


async def purged(connection: AsyncConnection[Any]) -> None:
    await purge(connection, patience=PATIENCE, waits=lambda *_: None)


async def adopted_and_released(connection: AsyncConnection[Any]) -> None:
    await adopted(connection)
    await released(connection)


async def taken_over(connection: AsyncConnection[Any]) -> None:
    await adopted(connection)


async def adopted_for_jobs(connection: AsyncConnection[Any]) -> None:
    await adopted(connection, JOBS)


async def repeated(connection: AsyncConnection[Any]) -> None:
    await connection.execute(TWO_CURRENT.encode())


async def nothing(connection: AsyncConnection[Any]) -> None:
    del connection


class Verb(NamedTuple):
    """What is done to a database, and how a second try says that it was done already."""

    before: Callable[[AsyncConnection[Any]], Awaitable[None]]
    """What was done before."""
    acts: Callable[[int], Act]
    """The verb, whose exchange of a number is the last."""
    done: str
    """The error of who comes too late."""
    calm: Callable[[AsyncConnection[Any]], Awaitable[object]]
    """The verb undisturbed."""
    is_counted: bool = True
    """Whether exchanges are counted from the first on, not from a step on."""
    stride: int = at_depth(12, 5, 1)
    """How many exchanges lie between two deaths in the same step."""


STEPS_SKIPPED = at_depth(9, 5, 0)
"""Jobs alone begin with some forty steps of one kind: in so many of them no run dies before the next one does."""
VERBS = {
    "release": Verb(taken_over, lambda _: released, "not_adopted", released),
    "release beside": Verb(adopted_for_jobs, lambda _: released, "not_adopted", released),
    "purge": Verb(adopted_and_released, lambda _: purged, "not_released", purged),
    "jobs only": Verb(
        nothing,
        lambda at: adopting(at, JOBS, "jobs", STEPS_SKIPPED),
        "adopted_already",
        adopted_for_jobs,
        is_counted=False,
        stride=at_depth(120, 40, 1),
    ),
    "repair": Verb(
        repeated,
        lambda at: adopting(at, REPAIRS, "repeated"),
        "adopted_already",
        lambda connection: adopted(connection, REPAIRS),
        is_counted=False,
    ),
}
NUMBERED = ("public.etl_blocks_id_seq",)
"""Sequences that keep what a transaction that died took from them."""


@both
@pytest.mark.parametrize("name", VERBS)
async def test_each_verb_may_die_at_any_exchange_and_is_run_again(
    name: str,
    after: bool,
    foreign_url: str,
    foreign: AsyncConnection[Any],
    postgres: EmbeddedPostgres,
    admin: psycopg.Connection,
) -> None:
    verb = VERBS[name]
    await verb.before(foreign)
    await foreign.close()
    with new_database(postgres, admin, name_of(foreign_url)) as undisturbed:
        async with await address.connect(address.parse(undisturbed), "backbeat/adopt", statement_timeout=0) as calm:
            await verb.calm(calm)
        schema, rest = await catalog_of(undisturbed), await state(undisturbed)
    async with await AsyncConnection.connect(foreign_url, autocommit=True) as executioner:
        at, deaths, steps = 1, 0, await done(executioner)
        while not await dies_at(
            foreign_url,
            executioner,
            verb.acts(at),
            at if verb.is_counted else 0,
            after=after,
            done=verb.done,
        ):
            deaths += 1
            now = await done(executioner)
            at, steps = (1 if now > steps else at + verb.stride), now
            assert deaths < RUNS_MAX
    assert deaths
    assert [each for each in differences(schema, await catalog_of(foreign_url)) if each.name not in NUMBERED] == []
    assert await state(foreign_url) == rest


@pytest.mark.parametrize("act", [adopted, released, purged])
async def test_one_session_at_a_time_adopts_or_gives_back(
    act: Callable[[AsyncConnection[Any]], Awaitable[object]], connection: AsyncConnection[Any], database_url: str
) -> None:
    async with await AsyncConnection.connect(database_url, autocommit=True) as other:
        async with turn(other):
            with pytest.raises(AdoptionError) as refused:
                await act(connection)
        assert refused.value.code == "adoption_under_way"
        with pytest.raises(AdoptionError) as refused:
            await act(connection)
        assert refused.value.code in {"adopted_already", "not_adopted", "not_released"}
