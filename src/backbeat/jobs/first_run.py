"""How a job that starts from now begins: its positions are opened at the frontier, and nothing is computed."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Fence, fenced
from backbeat.incremental.window import Feed, advance, lock
from backbeat.jobs.job import Run


def at_frontier(name: str, *followed: Feed) -> Run:
    """Return the beginning of a job over these feeds. Repeated it does nothing: a position that exists stays."""

    async def begin(connection: AsyncConnection[Any], fence: Fence | None) -> RunReport:
        unknown = [window for feed in followed if not (window := await feed.peek(connection)).known]
        if not unknown:
            return RunReport(name=name)
        windows = [(await window.reserve(connection)).from_now() for window in unknown]
        async with fenced(connection, fence):
            if not await lock(connection, windows):
                return RunReport(name=name, more=True)
            await advance(connection, windows)
        return RunReport(name=name, moved=tuple(moved for window in windows for moved in window.moved()))

    return begin
