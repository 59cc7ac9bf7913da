"""Stopping when asked: Ctrl-C and SIGTERM mean the same."""

import asyncio
import signal

DRAIN_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def until_signalled() -> asyncio.Event:
    """Return the event that is set once this process is asked to end."""
    stop = asyncio.Event()
    for number in DRAIN_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
