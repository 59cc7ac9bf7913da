"""How far work is that another session does in one transaction."""

from contextlib import AbstractAsyncContextManager
from functools import partial

from backbeat.clock import SystemClock
from backbeat.db import address, onlooker
from backbeat.db.onlooker import Look

LOOK_SECONDS = 1.0


def looked_on(url: str, look: Look) -> AbstractAsyncContextManager[None]:
    """Call ``look`` every second while the body runs; what takes less than one opens no session."""
    opens = partial(address.connect, address.parse(url), "backbeat/looks")
    return onlooker.looked_on(opens, look, SystemClock(), every_seconds=LOOK_SECONDS)
