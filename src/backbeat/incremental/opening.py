"""Starting from now: positions are opened at the frontier, and nothing is computed."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Fence, fenced
from backbeat.incremental.window import AnyWindow, advance, lock


async def open_at_frontier(
    name: str,
    connection: AsyncConnection[Any],
    fence: Fence | None,
    windows: Sequence[AnyWindow],
    *,
    signature: str | None = None,
) -> RunReport:
    """Open the positions of these windows where they are missing, in one transaction; one that is open stays.

    Repeated it does nothing. ``connection`` must be in autocommit mode; ``more``: another worker was quicker.
    """
    missing = [window for window in windows if not window.is_open]
    if not missing:
        return RunReport(name=name)
    opened = [(await window.reserve(connection)).from_now() for window in missing]
    async with fenced(connection, fence):
        if not await lock(connection, opened):
            return RunReport.lost_to_another(name)
        await advance(connection, opened, signature=signature)
    return RunReport(name=name, moved=tuple(moved for window in opened for moved in window.moved()))
