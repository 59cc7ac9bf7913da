"""What every derivation has to stand: any history, a death at any point, a second worker at any point."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, Self

import psycopg
from depth import at_depth
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.incremental.merge import Target
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Session
from harness.chain_writer import CatalogEdit, ChainWriter, wipe
from harness.connections import LOOK_SECONDS, SECONDS_MAX, end_session, scripted, waits_for_lock
from harness.histories import Step

Rows = list[tuple[Any, ...]]
Steps = Sequence[Any]  # whatever the world can apply
BATCHES_MAX = 1_000  # a run that never comes to its end is a failure, not a hang
STRIDE = at_depth(3, 2, 1)  # of the exchanges that are disturbed


class Runs(Protocol):
    """What runs incrementally."""

    @property
    def name(self) -> str: ...

    async def incremental(self, session: Session) -> RunReport: ...


class Derived(Runs, Protocol):
    """What the harness needs of a derivation or fold."""

    target: Target

    async def rebuild(self, session: Session) -> RunReport: ...
    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport: ...


class World:
    """A database and its chain, empty at first."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self.writer = ChainWriter(connection)

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await wipe(connection)
        await connection.execute("UPDATE challenges SET active = true, amount = '25' WHERE id IN ('p1', 'p2', 'p3')")
        # thresholds that a short history can reach
        await connection.execute(
            """
            UPDATE challenges SET step_count = tier.step_count
            FROM (VALUES ('p1', 1), ('p2', 12), ('p3', 40)) AS tier (id, step_count) WHERE challenges.id = tier.id
            """
        )
        return cls(connection)

    async def apply(self, step: Step) -> None:
        if isinstance(step, CatalogEdit):
            await self.writer.edit(step)
        else:
            await self.writer.commit(*step)

    async def rows(self, derived: Derived) -> Rows:
        """Return every column of the target."""
        target = derived.target
        columns = SQL(", ").join(map(Identifier, (*target.key, *target.values, *target.once)))
        query = SQL("SELECT {} FROM {} ORDER BY {}").format(
            columns, Identifier(*target.name), SQL(", ").join(map(Identifier, target.key))
        )
        return await (await self.connection.execute(query)).fetchall()


async def settle(derived: Runs, connection: AsyncConnection[Any]) -> list[RunReport]:
    """Run until nothing is left; a quiet run must follow."""
    reports = []
    for _ in range(BATCHES_MAX):
        reports.append(await derived.incremental(Session(connection)))
        if reports[-1].is_quiet:
            return reports
    raise AssertionError(f"{derived.name} never comes to rest")


async def check_history(
    derived: Derived,
    history: Steps,
    connection: AsyncConnection[Any],
    twin: AsyncConnection[Any],
    world: type[World] = World,
) -> None:
    """After each step the incremental table equals the same history rebuilt, and an audit agrees."""
    followed, rebuilt = await world.empty(connection), await world.empty(twin)
    for step in history:
        await followed.apply(step)
        await rebuilt.apply(step)
        await settle(derived, connection)
        await derived.rebuild(Session(twin))
        assert await followed.rows(derived) == await rebuilt.rows(derived)
        audit = await derived.audit(connection)
        assert audit.is_clean, audit
        assert audit.pending == 0


async def expected_rows(
    derived: Derived, history: Steps, connection: AsyncConnection[Any], world: type[World] = World
) -> Rows:
    """Return the target after a run that nothing disturbs, following every step but the last two at once."""
    followed = await _until_last(derived, history, connection, world)
    await settle(derived, connection)
    return await followed.rows(derived)


async def check_deaths(
    derived: Derived, history: Steps, url: str, connection: AsyncConnection[Any], world: type[World] = World
) -> int:
    """Kill the session of the last run before each exchange, and so that its answer is lost.

    BEGIN and COMMIT are exchanges too. The next run makes it good.

    Returns how many exchanges a run has.
    """
    expected = await expected_rows(derived, history, connection, world)
    exchanges = await _count_exchanges(derived, history, url, connection, world)
    for at in disturbed(exchanges):
        for moment in moments(at, exchanges):
            followed = await _until_last(derived, history, connection, world)
            await die(derived, url, at, moment, connection)
            await settle(derived, connection)
            assert await followed.rows(derived) == expected, f"died {moment} exchange {at} of {exchanges}"
    return exchanges


async def check_two_workers(
    derived: Derived, history: Steps, url: str, connection: AsyncConnection[Any], world: type[World] = World
) -> int:
    """Start a second, unleased worker before each exchange of the first; both finish, nothing counts twice.

    Returns how many exchanges a run has.
    """
    expected = await expected_rows(derived, history, connection, world)
    exchanges = await _count_exchanges(derived, history, url, connection, world)
    for at in disturbed(exchanges):
        followed = await _until_last(derived, history, connection, world)
        async with await scripted(url) as first, await scripted(url) as second:
            await interleave(derived, first, second, at, connection)
        await settle(derived, connection)
        assert await followed.rows(derived) == expected, f"second worker before exchange {at} of {exchanges}"
    return exchanges


def disturbed(exchanges: int) -> list[int]:
    """Return the exchanges to disturb: every other one at the usual depth; the last, a COMMIT, in any case."""
    return [*range(exchanges, 0, -STRIDE)][::-1]


def moments(at: int, exchanges: int) -> tuple[str, ...]:
    """Return when to die around an exchange. Only after the last one is "after" not "before" the next."""
    return ("before", "lost") if at < exchanges else ("before", "lost", "after")


async def _until_last(derived: Derived, history: Steps, connection: AsyncConnection[Any], world: type[World]) -> World:
    followed = await world.empty(connection)
    for step in history[:-1]:
        await followed.apply(step)
        await settle(derived, connection)
    await followed.apply(history[-1])
    return followed


async def _count_exchanges(
    derived: Derived, history: Steps, url: str, connection: AsyncConnection[Any], world: type[World]
) -> int:
    await _until_last(derived, history, connection, world)
    async with await scripted(url) as session:
        report = await derived.incremental(Session(session))
        assert not report.is_quiet, "the history's last step must give the run something to do"
        return session.exchanges


async def die(derived: Runs, url: str, at: int, moment: str, executioner: AsyncConnection[Any]) -> None:
    """Run on a session that is killed before or after the exchange numbered ``at``, or whose answer to it is lost."""
    victim = await scripted(url)
    victim.at = at
    if moment == "before":
        victim.before = _killing(victim, executioner)
    else:
        victim.after = _killing(victim, executioner, answer_lost=moment == "lost")
    try:
        await derived.incremental(Session(victim))
    except psycopg.OperationalError:
        pass
    else:
        assert moment == "after", "a dead session cannot have finished"
    finally:
        await victim.close()


def _killing(
    victim: AsyncConnection[Any], executioner: AsyncConnection[Any], *, answer_lost: bool = False
) -> Callable[[], Awaitable[None]]:
    async def kill() -> None:
        await end_session(executioner, victim.info.backend_pid)
        if answer_lost:
            raise psycopg.OperationalError("the answer was lost")

    return kill


async def interleave(
    derived: Runs, first: Any, second: AsyncConnection[Any], at: int, observer: AsyncConnection[Any]
) -> Sequence[RunReport]:
    """Run on ``first``; before its exchange numbered ``at`` a second run goes as far as it comes. Both finish.

    ``observer`` sees whether the second one waits for a lock of the first.
    """
    started: list[asyncio.Task[RunReport]] = []

    async def start_second() -> None:
        started.append(asyncio.create_task(derived.incremental(Session(second))))
        async with asyncio.timeout(SECONDS_MAX):
            while not started[0].done() and not await waits_for_lock(observer, second):
                await asyncio.wait(started, timeout=LOOK_SECONDS)

    first.at, first.before = at, start_second
    try:
        report = await derived.incremental(Session(first))
    finally:
        first.before = None  # what ends the session is no exchange of the run
    assert started, f"the run ended before its exchange {at}: it differs from the one that was counted"
    return [report, *await asyncio.gather(*started)]
