"""Cancellations that get lost on their way.

Python 3.11's ``asyncio.wait_for``, which the driver waits with, swallows a cancellation that comes in the same moment
as what it waits for. The task remembers that it was asked to end, so loops look there.
"""

import asyncio


def is_cancelled() -> bool:
    """Say whether the present task was cancelled, even if it never heard of it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def raise_if_cancelled() -> None:
    """Raise CancelledError if the present task was cancelled."""
    if is_cancelled():
        raise asyncio.CancelledError
