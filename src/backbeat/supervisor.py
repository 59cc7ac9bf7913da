"""Runs services side by side, and ends them in order within a budget of time."""

import asyncio
from collections.abc import Callable, Collection, Sequence

import structlog

from backbeat.clock import Clock
from backbeat.service import Service, beside, until

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 8.0  # Ctrl-C is answered within ten
CUT_SECONDS = 2.0  # what the cancelled rest gets on top, before it is cut off from the database


class Supervisor:
    """Starts all services, drains them in the order in which they are listed, and cancels what takes too long.

    A service that ends by itself ends the program in good order, unless it is ``optional``. One that raises ends it at
    once: the others are cancelled. ``cut`` cuts the program off from the database, for services that wait for it.
    """

    def __init__(self, clock: Clock, cut: Callable[[], None], optional: Collection[str] = ()) -> None:
        self._clock = clock
        self._cut = cut
        self._optional = optional
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def alive(self) -> dict[str, bool]:
        """Say of each service that was started whether it still runs."""
        return {name: not task.done() for name, task in self._tasks.items()}

    async def run(self, services: Sequence[Service], stop: asyncio.Event) -> None:
        """Run ``services`` until ``stop`` is set or one ends, then drain them; raises what the first that failed did.

        From ``stop`` the budget counts: what has not ended by then is cancelled. Whatever the reason to cancel, what
        still waits for the database two seconds later is cut off from it. Where a service ended by itself, the others
        take the time they need.
        """
        async with beside(self._overdue(stop)) as overdue, beside(self._cut_off(overdue)):
            try:
                async with asyncio.TaskGroup() as group:
                    await self._run_and_drain(group, services, overdue, stop)
            except BaseExceptionGroup as failed:
                raise _first_of(failed) from failed

    async def _run_and_drain(
        self, group: asyncio.TaskGroup, services: Sequence[Service], overdue: asyncio.Task[None], stop: asyncio.Event
    ) -> None:
        for service in reversed(services):  # what drains last is there first
            self._tasks[service.name] = group.create_task(service.run(), name=service.name)
        needed = [task for name, task in self._tasks.items() if name not in self._optional]
        try:
            await until(asyncio.wait(needed, return_when=asyncio.FIRST_COMPLETED), stop)
            for service in services:
                await self._end(service, overdue)
            await asyncio.wait(self._tasks.values())
        except asyncio.CancelledError:  # one failed, or we are cancelled ourselves: so is the rest, at once
            overdue.cancel()
            raise

    async def _end(self, service: Service, overdue: asyncio.Task[None]) -> None:
        service.drain()
        task = self._tasks[service.name]
        await asyncio.wait([task, overdue], return_when=asyncio.FIRST_COMPLETED)
        task.cancel()

    async def _overdue(self, stop: asyncio.Event) -> None:
        await stop.wait()
        await self._clock.sleep(DRAIN_SECONDS)

    async def _cut_off(self, overdue: asyncio.Task[None]) -> None:
        await asyncio.wait([overdue])
        await self._clock.sleep(CUT_SECONDS)
        log.warning("drain_cut_short")
        self._cut()


def _first_of(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first failure inside nested groups: the one that made the others stop."""
    first = failed.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
