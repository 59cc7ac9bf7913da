"""How a job that starts from now begins: its positions are opened at the frontier, and nothing is computed."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.incremental.opening import open_at_frontier
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Fence
from backbeat.incremental.window import Feed
from backbeat.jobs.job import Run


def at_frontier(name: str, *followed: Feed) -> Run:
    """Return the beginning of a job over these feeds. Repeated it does nothing: a position that exists stays."""

    async def begin(connection: AsyncConnection[Any], fence: Fence | None) -> RunReport:
        return await open_at_frontier(name, connection, fence, [await feed.peek(connection) for feed in followed])

    return begin
