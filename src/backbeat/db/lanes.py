"""What lanes there are: how many connections each has, and what its sessions may do."""

from typing import NamedTuple

from backbeat.codes import LaneName
from backbeat.db.roles import READER
from backbeat.db.server import ServerInfo
from backbeat.settings import JOBS_POOL_MIN, DatabaseSettings

UNLIMITED = 0.0
BESIDE_LOCK_SECONDS = 0.5  # a server looks for a deadlock after a second: ours has given up its place in it by then
BESIDE_DEADLOCK_SECONDS = 0.01  # and where it may look earlier than all others, it is the one that finds it
COUNTS_DISABLED_SINCE = 18  # before, one table that has to be read whole made all plans of its statement look alike


class Lane(NamedTuple):
    """One pool's shape."""

    connections_max: int
    """How many it opens at most."""

    connections_min: int
    """How many it keeps open."""

    statement_seconds_max: float
    """Caps the setting; 0: no timeout applies at all."""

    only_reads: bool = False
    """Its sessions cannot write."""

    needs_writes: bool = True
    """It is of no use on a server that can only be read."""

    by_key: bool = False
    """Its statements find rows by index, but for a pass over everything, which allows for more."""

    plans_once: bool = False
    """Its statements are few, and whatever they are asked for, one plan of each does."""

    gives_way: bool = False
    """It gives up a lock rather than have a session of another indexer, beside which it works, wait for long."""

    def limits(self, settings: DatabaseSettings, info: ServerInfo, *, beside: bool = False) -> dict[str, str]:
        """Return the lane's limits as the server takes them: of time, and of what a session may do.

        ``beside``: another indexer writes to the database.
        """
        lock_seconds = settings.lock_timeout_seconds
        yields = beside and self.gives_way
        if yields:
            lock_seconds = min(lock_seconds or BESIDE_LOCK_SECONDS, BESIDE_LOCK_SECONDS)
        first = {"deadlock_timeout": _milliseconds(BESIDE_DEADLOCK_SECONDS)} if yields and info.sets_deadlocks else {}
        reader = {"role": READER} if info.has_reader else {}
        return {
            "statement_timeout": _milliseconds(min(settings.statement_timeout_seconds, self.statement_seconds_max)),
            "lock_timeout": _milliseconds(lock_seconds),
            **first,
            "idle_in_transaction_session_timeout": _milliseconds(settings.idle_timeout_seconds),
            **({"default_transaction_read_only": "on", **reader} if self.only_reads else {}),
            **({"enable_seqscan": "off"} if self.by_key and info.major >= COUNTS_DISABLED_SINCE else {}),
            **({"plan_cache_mode": "force_generic_plan"} if self.plans_once else {}),
        }


def jobs_size(settings: DatabaseSettings, asked_in_url: int) -> int:
    """Return the size of the jobs lane: max(20, requested); a setting speaks before the address.

    Source: domain, derived state, section 1.3.
    """
    return max(JOBS_POOL_MIN, settings.pool_max_conns or asked_in_url)


def plan(settings: DatabaseSettings, asked_in_url: int) -> dict[str, Lane]:
    """Return every lane's shape by name."""
    return {
        # A catch-up batch takes as long as it takes; it is the lock queue that must not hold it.
        LaneName.INDEXING: Lane(settings.indexing_pool, 1, UNLIMITED),
        # Renewing a lease late is losing it, so what hangs here is cut off early.
        LaneName.CONTROL: Lane(settings.control_pool, 1, 10.0, plans_once=True),
        # A run costs what changed, also where the planner knows nothing of the tables yet.
        LaneName.JOBS: Lane(
            jobs_size(settings, asked_in_url), 1, settings.statement_timeout_seconds, by_key=True, gives_way=True
        ),
        # Apart from reads, so that no number of these keeps the page and the probes from being answered.
        LaneName.STATUS: Lane(settings.status_pool, 0, 30.0, only_reads=True, needs_writes=False),
        LaneName.READS: Lane(settings.reads_pool, 0, 30.0, only_reads=True, needs_writes=False),
    }


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
