"""Reads the status from PostgreSQL alone, so that any process can show it: a few cheap statements, no big scans."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow

import backbeat
from backbeat import loop_report
from backbeat.clock import Clock
from backbeat.codes import HEAD_SECONDS_MAX, CheckName, Outcome
from backbeat.db import migrate
from backbeat.db.query import every, first, one
from backbeat.db.sql import load
from backbeat.db.written_tables import WrittenTable
from backbeat.errors import DatabaseError
from backbeat.jobs.operate import JobView
from backbeat.observe import health
from backbeat.observe.audits import read_audits
from backbeat.observe.changes import read_change_log
from backbeat.observe.headline import headline
from backbeat.observe.history import Sample
from backbeat.observe.jobs import read_jobs
from backbeat.observe.others import of_others
from backbeat.observe.processes import read_moves, read_processes
from backbeat.observe.pruned import read_pruned
from backbeat.observe.rejected import kept_bytes
from backbeat.observe.replays import ReplayCounts, read_replay_counts
from backbeat.observe.standstill import standstill_of
from backbeat.observe.tree import (
    AuditStatus,
    ChangeLogStatus,
    Check,
    DatabaseStatus,
    Drift,
    IndexerStatus,
    Obstacle,
    Outcomes,
    ProcessStatus,
    PrunedPlays,
    ReasonCount,
    ServerMoves,
    Status,
)
from backbeat.observe.watched import WatchStatus, read_watch
from backbeat.settings import JobsSettings

COUNT_ROWS_MAX = 1_000

_OF_THE_LOOP = (health.check_indexer, health.check_commits, health.check_lag, health.check_source)
_DATABASE = load(__package__, "database.sql")
_INDEXER = load(__package__, "indexer.sql")
_COUNTS = load(__package__, "counts.sql")
_DRIFT = load(__package__, "drift.sql")


class Counts(msgspec.Struct, frozen=True):
    """How transactions ended, by kind, by pair and by reason; the commonest first."""

    kinds: tuple[Outcomes, ...] = ()
    pairs: tuple[Outcomes, ...] = ()
    reasons: tuple[ReasonCount, ...] = ()


class Kept(msgspec.Struct, frozen=True):
    """What our own tables say, under the names of :class:`Status`, which documents them; empty without tables."""

    indexer: IndexerStatus | None = None
    transactions: tuple[Outcomes, ...] = ()
    pairs: tuple[Outcomes, ...] = ()
    rejected: tuple[ReasonCount, ...] = ()
    replays: ReplayCounts = ReplayCounts()
    rejected_bytes: int = 0
    jobs: tuple[JobView, ...] = ()
    change_log: ChangeLogStatus = ChangeLogStatus()
    drift: tuple[Drift, ...] = ()
    audits: tuple[AuditStatus, ...] = ()
    processes: tuple[ProcessStatus, ...] = ()
    moves: ServerMoves = ServerMoves()
    pruned: PrunedPlays = PrunedPlays()
    watch: WatchStatus | None = None


async def read_status(
    connection: AsyncConnection[Any],
    clock: Clock,
    jobs_settings: JobsSettings | None = None,
    obstacles: tuple[Obstacle, ...] = (),
    tables: Sequence[WrittenTable] = (),
) -> Status:
    """Return everything at this instant. A database without our tables gives a status that says so.

    ``obstacles``: what this process met lately, which the database cannot know. ``tables``: what the block loop writes.
    Block ages are taken on ``clock``, ages of what the database stamped on the database's own clock.
    """
    async with connection.transaction():
        database = await _database(connection, clock)
        migrations = await _migrations(connection)
        kept = await _kept(connection, clock, jobs_settings) if migrations.ok else Kept()
        others = await of_others(connection, tables) if migrations.ok else ()
    checks = _checks(migrations, kept, others, obstacles)
    tone, text = headline(kept.indexer, kept.jobs, checks)
    return Status(
        at=clock.now(),
        version=backbeat.__version__,
        headline=text,
        tone=tone,
        healthy=all(check.ok for check in checks),
        **msgspec.structs.asdict(kept),
        obstacles=obstacles,
        database=database,
        checks=checks,
    )


async def _kept(connection: AsyncConnection[Any], clock: Clock, jobs_settings: JobsSettings | None) -> Kept:
    indexer = await read_indexer(connection, clock)
    counts = _tallied(await every(connection, dict, _COUNTS, {"rows_max": COUNT_ROWS_MAX}))
    processes = await read_processes(connection)
    return Kept(
        indexer,
        counts.kinds,
        counts.pairs,
        counts.reasons,
        replays=await read_replay_counts(connection),
        rejected_bytes=await kept_bytes(connection),
        jobs=await read_jobs(connection, jobs_settings, indexer=indexer, processes=processes, now=clock.now()),
        change_log=await read_change_log(connection),
        drift=tuple(await every(connection, Drift, _DRIFT)),
        audits=await read_audits(connection),
        processes=processes,
        moves=await read_moves(connection),
        pruned=await read_pruned(connection),
        watch=await read_watch(connection),
    )


async def read_sample(connection: AsyncConnection[Any], clock: Clock) -> Sample:
    """Return what the charts show of this second: one statement."""
    at = clock.now().timestamp()
    try:
        indexer = await read_indexer(connection, clock)
    except psycopg.errors.UndefinedTable:
        return Sample(at)
    if indexer is None:
        return Sample(at)
    started_at = indexer.started_at.timestamp() if indexer.started_at else None
    if not health.check_indexer(indexer).ok:
        return Sample(at, indexer.lag_blocks, started_at=started_at)
    found = standstill_of(indexer)
    return Sample(
        at,
        indexer.lag_blocks,
        indexer.transactions_per_second,
        indexer.plays_per_second,
        started_at,
        is_locked=found is not None and found.lock_holder is not None,
    )


async def read_indexer(connection: AsyncConnection[Any], clock: Clock) -> IndexerStatus | None:
    """Return where the block loop stands; None if it never ran here."""
    row = await first(connection, dict, _INDEXER)
    return _indexer(row, clock.now()) if row else None


def _indexer(row: DictRow, now: datetime) -> IndexerStatus:
    height = row["height"] or 0
    head = row["head_height"]
    if head is not None and (row["head_age_seconds"] or 0.0) > HEAD_SECONDS_MAX:
        head = None
    if head is not None:
        head = max(head, height)  # the head is asked for now and then, blocks arrive all the time
    block_time = row["block_time"].replace(tzinfo=UTC) if row["block_time"] else None
    age = max((now - block_time).total_seconds(), 0.0) if block_time else None
    lag = None if head is None else head - height
    return IndexerStatus(
        phase=row["phase"] or "",
        source=row["source"] or "",
        chain_id=row["chain_id"] or "",
        height=height,
        head_height=head,
        lag_blocks=lag,
        lag_seconds=None if lag is None else age if lag else 0.0,
        block_time=block_time,
        block_age_seconds=age,
        heartbeat_age_seconds=row["heartbeat_age_seconds"],
        started_at=row["started_at"],
        blocks_per_second=row["blocks_per_second"],
        transactions_per_second=row["transactions_per_second"],
        plays_per_second=row["plays_per_second"],
        source_height=row["source_height"],
        source_problem=row["source_problem"],
        witness_height=row["witness_height"],
        witness_problem=row["witness_problem"],
        is_beside=row["is_beside"],
        waits_for=row["waits_for"],
        waits_seconds=row["waits_seconds"],
        first_chain_id=row["first_chain_id"] or "",
        first_height=row["first_height"],
        report=loop_report.read(row["report"]),
    )


async def _database(connection: AsyncConnection[Any], clock: Clock) -> DatabaseStatus:
    row = await one(connection, dict, _DATABASE)
    skew = (row.pop("now") - clock.now()).total_seconds()
    return DatabaseStatus(**row, clock_skew_seconds=skew)


async def _migrations(connection: AsyncConnection[Any]) -> Check:
    try:
        await migrate.verify(connection, by_ledger=True)  # asked every second, and no reason to tell nothing else
    except DatabaseError as error:
        return Check(CheckName.MIGRATIONS, ok=False, detail=error.message, cure=error.cure)
    return Check(CheckName.MIGRATIONS, ok=True, detail="All are applied.")


def _checks(migrations: Check, kept: Kept, others: Iterable[Check], obstacles: Iterable[Obstacle]) -> tuple[Check, ...]:
    reached = Check(CheckName.DATABASE, ok=True, detail="It answers.")
    if not migrations.ok:
        return reached, migrations
    indexing = (check(kept.indexer) for check in _OF_THE_LOOP)
    return (
        reached,
        migrations,
        *indexing,
        health.check_change_log(kept.change_log),
        *map(health.check_job, kept.jobs),
        health.check_restored(kept.moves, kept.change_log),
        health.check_plays(kept.pruned),
        health.check_audits(kept.audits),
        *others,
        *health.check_frontier(kept.indexer),
        *health.check_obstacles(obstacles),
    )


def _tallied(rows: Iterable[DictRow]) -> Counts:
    facets: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if row["name"]:
            found = facets[row["facet"]][row["name"]]
            found[row["outcome"]] = row["count"]
            if row["outcome"] == Outcome.REJECTED:
                found["replayed"] = row["replayed"]
    return Counts(
        kinds=tuple(Outcomes(name, **outcomes) for name, outcomes in facets["kind"].items()),
        pairs=tuple(Outcomes(name, **outcomes) for name, outcomes in facets["pair"].items()),
        reasons=tuple(
            ReasonCount(name, outcomes[Outcome.REJECTED], outcomes["replayed"])
            for name, outcomes in facets["reason"].items()
            if Outcome.REJECTED in outcomes
        ),
    )
