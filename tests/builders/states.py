"""The states that a page is looked at in, each a few rows as a running program would leave them."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from backbeat.codes import Phase
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.store import register
from builders.indexed import seed, seed_counts, seed_rejected

Connection = AsyncConnection[Any]
STARTED = """
    INSERT INTO backbeat.processes (id, host, pid, version, parts, state, started_at, seen_at, reached_at)
    VALUES (gen_random_uuid(), 'here', 7, '0.1.0', '{index,jobs,web}', '', now(), clock_timestamp(), now())
"""
DIFFERS = """
    INSERT INTO backbeat.audits (audit, purpose, started_at, moved_at, ended_at, found, last_found, last_ended_at)
    VALUES ('challenges.p', 'rolling', now(), now(), now(), %(found)s, %(found)s, now())
"""
FAILS = "UPDATE backbeat.jobs SET failures = 3, error = 'no room', cure = 'Make `room`.' WHERE name = %s"
PAUSES = "UPDATE backbeat.jobs SET failures = 0, error = '', cure = '', paused = true WHERE name = %s"
STANDSTILL = {
    "height": 1_235,
    "seconds": 20.0,
    "failures": 1,
    "reason": "lock_timeout",
    "error": "The lock was not to be had.",
    "cure": "Wait.",
    "lock_holder": {"pid": 4242, "application": "psql", "state": "idle in transaction", "relation": "plays"},
}


class State(NamedTuple):
    """A state, and how it is known on the page."""

    name: str
    bring_about: Callable[[Connection], Awaitable[None]]
    says: str
    """Words of the first page."""
    paths: tuple[str, ...] = ("",)
    """Pages that look otherwise in it."""


async def _empty(_: Connection) -> None:
    """Leave it as it was migrated."""


async def _first_start(conn: Connection) -> None:
    await register(conn, JOBS)
    await conn.execute(STARTED)


async def _catching_up(conn: Connection) -> None:
    await seed(conn, height=10, head=600, phase=Phase.CATCHING_UP)


async def _healthy(conn: Connection) -> None:
    await seed(conn)
    await seed_counts(conn)
    await seed_rejected(conn, 3)
    await conn.execute("UPDATE backbeat.jobs SET outcome = 'quiet', succeeded_at = now(), started_at = now()")


async def _failing(conn: Connection) -> None:
    await _healthy(conn)
    await conn.execute(FAILS, [JOBS[0].name])


async def _paused(conn: Connection) -> None:
    await conn.execute(PAUSES, [JOBS[0].name])


async def _differing(conn: Connection) -> None:
    found = {"keys": 3, "same": 1, "differing": 2, "unverifiable": {}, "samples": []}
    await conn.execute(DIFFERS, {"found": Jsonb(found)})


async def _stuck(conn: Connection) -> None:
    await seed(conn)
    await conn.execute("UPDATE backbeat.indexer SET report = %s", [Jsonb({"standstill": STANDSTILL})])


JOB_PAGE = f"jobs/{JOBS[0].name}"
STATES = (
    State("empty", _empty, "Nothing is indexed yet", ("", "rejected", "explain/reward")),
    State("first start", _first_start, "jobs wait: ", ("", "?jobs=all", JOB_PAGE)),
    State("catching up", _catching_up, "Catching up"),
    State("failing", _failing, "1 job failing", ("", JOB_PAGE)),
    State("paused", _paused, "1 paused", ("", JOB_PAGE)),
    State("differing audit", _differing, "differ from what they follow from"),
    State("stuck", _stuck, "Stuck at block 1,235", ("", JOB_PAGE)),
)
"""In this order each follows from the one before; that the server is gone comes last, and is brought about outside."""
