"""Waiting that ends when the loop is asked to stop, or its lease is lost."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from backbeat.index.lease import Lease
from backbeat.service import until

T = TypeVar("T")


async def unless_stopped(stop: asyncio.Event, work: Awaitable[T], lease: Lease | None = None) -> T | None:
    """Await ``work``, or cancel it and return None once ``stop`` is set.

    Raises LeaseLostError, whatever ``work`` came to, as soon as another process has ``lease``.
    """
    if lease is None:
        return await until(work, stop)
    try:
        found = await until(work, stop, lease.lost)
    except Exception:
        if lease.lost.is_set():
            raise lease.loss() from None
        raise
    if lease.lost.is_set():
        raise lease.loss()
    return found
