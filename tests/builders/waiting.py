"""Waiting for something that another task or process does, within a bound."""

import asyncio
from collections.abc import Awaitable, Callable

PAUSE_SECONDS = 0.05


async def eventually(condition: Callable[[], Awaitable[bool]], *, tries_max: int = 1_000) -> bool:
    """Say whether ``condition`` came true within ``tries_max`` looks."""
    for _ in range(tries_max):
        if await condition():
            return True
        await asyncio.sleep(PAUSE_SECONDS)
    return False
