"""What every long-running part of the program is, and how such work is ended."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Service(Protocol):
    """A part that runs until it is asked to end.

    It is run once. What it raises ends the program.
    """

    @property
    def name(self) -> str:
        """What the part is called in the log and at ``/livez``."""
        ...

    async def run(self) -> None:
        """Work until :meth:`drain` is called, then finish what is in hand and return.

        Cancelled, it gives up what is in hand, leaves nothing behind that others wait for, and ends within seconds.
        """
        ...

    def drain(self) -> None:
        """Ask the part to end; returns at once.

        May be called again, and after :meth:`run` has ended, which changes nothing; and before it began, which then
        takes up no work and returns.
        """
        ...


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run ``work`` while this context is open and cancel it at the end; what it raises is kept in the task."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(work: Awaitable[T], *ends: asyncio.Event) -> T | None:
    """Await ``work``, or cancel it and return None once one of the events is set."""
    doing = asyncio.ensure_future(work)
    ending = [asyncio.ensure_future(end.wait()) for end in ends]
    try:
        await asyncio.wait({doing, *ending}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        for task in (doing, *ending):
            task.cancel()
        await asyncio.wait({doing, *ending})
