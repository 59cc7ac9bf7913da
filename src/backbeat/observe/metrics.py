"""The status as Prometheus metrics. Every label value comes from a bounded set; past its bound it becomes "other"."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

import backbeat
from backbeat.codes import CheckName, JobState, Outcome, Part, RunOutcome, ServerMove
from backbeat.incremental.change_log import ConsumerLag
from backbeat.jobs.operate import JobView
from backbeat.jobs.record import BUCKET_SECONDS
from backbeat.observe.families import LABEL_VALUES_MAX, OTHER, Figure, gauge
from backbeat.observe.loop_metrics import loop_metrics
from backbeat.observe.replays import ReplayCounts
from backbeat.observe.tree import AuditStatus, ChangeLogStatus, Drift, Outcomes, ProcessStatus, Status
from backbeat.observe.watched import WatchStatus

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Labels(NamedTuple):
    """Values that counters have from the start, at 0: an increase from nothing is none to Prometheus."""

    kinds: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    derivations: tuple[str, ...] = ()
    commit_failures: tuple[str, ...] = ()


def render(status: Status | None, labels: Labels = Labels()) -> bytes:  # noqa: B008 - immutable
    """Return the exposition text; without a status it says that the database is down and no more."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_StatusCollector(status, labels))
    ProcessCollector(registry=registry, pid=os.getpid)
    return generate_latest(registry)


class _StatusCollector(Collector):
    def __init__(self, status: Status | None, labels: Labels) -> None:
        self._status = status
        self._labels = labels

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("backbeat_build_info", "1, with the version that runs.", labels=["version"])
        build.add_metric([backbeat.__version__], 1)
        yield build
        yield gauge("backbeat_database_up", "1 if the database answered.", self._status is not None)
        if self._status is None:
            return
        yield gauge("backbeat_healthy", "1 if every check of /readyz passes.", self._status.healthy)
        yield from _checks(self._status)
        yield from loop_metrics(self._status, self._labels.commit_failures)
        labels = self._labels if _is_counted(self._status) else Labels()
        yield from _counters(self._status, labels)
        yield from _jobs(self._status.jobs)
        yield from _change_log(self._status.change_log)
        yield _drift(self._status.drift, labels.derivations)
        yield from _audits(self._status.audits)
        yield from _watch(self._status.watch)
        yield from _database(self._status)
        yield from _processes(self._status.processes)
        yield from _moves(self._status)


def _is_counted(status: Status) -> bool:
    """Say whether the counts were read: a 0 instead of what is unknown would look like a reset."""
    return all(check.ok for check in status.checks if check.name == CheckName.MIGRATIONS)


def _checks(status: Status) -> Iterator[Metric]:
    family = GaugeMetricFamily("backbeat_check_ok", "1 if this check of /readyz passes.", labels=["check"])
    for check in status.checks[:LABEL_VALUES_MAX]:
        family.add_metric([check.name], check.ok)
    yield family


def _counters(status: Status, labels: Labels) -> Iterator[Metric]:
    transactions = CounterMetricFamily(
        "backbeat_transactions",
        "Transactions, by kind and by how they ended; one that was refused and then replayed counts as both.",
        labels=["kind", "outcome"],
    )
    seen = {kind.name for kind in status.transactions}
    for kind in _bounded([*status.transactions, *(Outcomes(name) for name in labels.kinds if name not in seen)]):
        for outcome in Outcome:
            replayed = kind.replayed if outcome is Outcome.REJECTED else 0  # a counter never goes back
            transactions.add_metric([kind.name, outcome], getattr(kind, outcome) + replayed)
    yield transactions
    rejected = CounterMetricFamily(
        "backbeat_rejected",
        "Refused transactions, by reason, those that were replayed since included.",
        labels=["reason"],
    )
    totals: Counter[str] = Counter()
    for at, reason in enumerate(status.rejected):
        totals[reason.reason if at < LABEL_VALUES_MAX else OTHER] += reason.count + reason.replayed
    for name, total in _from_zero(totals, labels.reasons).items():
        rejected.add_metric([name], total)
    yield rejected
    yield gauge(
        "backbeat_rejected_kept_bytes",
        "About how much room the kept refused transactions take, rows and bytes; rejected.prune bounds it.",
        status.rejected_bytes,
    )
    yield from _replays(status.replays)


def _replays(counts: ReplayCounts) -> Iterator[Metric]:
    replays = CounterMetricFamily(
        "backbeat_replays",
        "Transactions whose signed message the chain had seen before; chain.refuse_replays refuses them.",
        labels=["outcome"],
    )
    replays.add_metric(["let_through"], counts.replays - counts.refused)
    replays.add_metric(["refused"], counts.refused)
    yield replays


def _from_zero(totals: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """Return the totals, and 0 of the names that have none as far as the bound admits."""
    missing = [name for name in names if name not in totals]
    return {**totals, **dict.fromkeys(missing[: max(LABEL_VALUES_MAX - len(totals), 0)], 0)}


def _bounded(rows: Iterable[Outcomes]) -> list[Outcomes]:
    kept = list(rows)
    rest = kept[LABEL_VALUES_MAX:]
    if not rest:
        return kept
    total = partial(sum, start=0)
    other = Outcomes(
        OTHER,
        applied=total(row.applied for row in rest),
        rejected=total(row.rejected for row in rest),
        ignored=total(row.ignored for row in rest),
        replayed=total(row.replayed for row in rest),
    )
    return [*kept[:LABEL_VALUES_MAX], other]


_JOB = (
    Figure(
        "backbeat_job_age_seconds",
        "Time since the start of the last run that succeeded; absent if none did.",
        "age_seconds",
    ),
    Figure("backbeat_job_freshness_seconds", "The age that the job promises to stay under.", "freshness_seconds"),
    Figure("backbeat_job_every_seconds", "Seconds between the starts of two runs.", "every_seconds"),
    Figure("backbeat_job_last_duration_seconds", "How long the last run took.", "last_seconds"),
    Figure("backbeat_job_last_rows", "Rows that the last run changed.", "last_rows"),
    Figure(
        "backbeat_job_failures_in_a_row",
        "Runs that failed since the last one that succeeded; 0 after a success.",
        "failures",
    ),
    Figure(
        "backbeat_job_deferred_age_seconds",
        "For how long the job has given way to the block loop by now; absent while it does not.",
        "deferred_seconds",
    ),
)


def _jobs(jobs: tuple[JobView, ...]) -> Iterator[Metric]:
    shown = jobs[:LABEL_VALUES_MAX]
    for figure in _JOB:
        family = GaugeMetricFamily(figure.name, figure.text, labels=["job_name"])
        for job in shown:
            value = getattr(job, figure.field)
            if value is not None:
                family.add_metric([job.name], value)
        yield family
    last = GaugeMetricFamily(
        "backbeat_job_last_success_timestamp_seconds",
        "When the last run began that succeeded; absent if none did.",
        labels=["job_name"],
    )
    for job in shown:
        if job.succeeded_at is not None:
            last.add_metric([job.name], job.succeeded_at.timestamp())
    yield last
    for name, text, state in (
        ("backbeat_job_failing", "1 if its last runs failed, and it is not late yet.", JobState.FAILING),
        ("backbeat_job_late", "1 if the result is older than promised.", JobState.LATE),
        ("backbeat_job_paused", "1 if an operator paused the job.", JobState.PAUSED),
        ("backbeat_job_off", "1 if the settings leave the job off, or lack what it needs.", JobState.OFF),
    ):
        family = GaugeMetricFamily(name, text, labels=["job_name"])
        for job in shown:
            family.add_metric([job.name], job.state == state)
        yield family
    yield from _job_totals(shown)


_TOTALS = (
    Figure("backbeat_job_rows_written", "Rows of its tables that the job changed.", "rows_written"),
    Figure("backbeat_job_wal_bytes", "WAL that its runs wrote (PostgreSQL 18; 0 on older servers).", "wal_bytes"),
    Figure("backbeat_job_deferred_seconds", "Time that the job gave way to the block loop.", "deferred_seconds"),
)


def _job_totals(jobs: tuple[JobView, ...]) -> Iterator[Metric]:
    runs = CounterMetricFamily(
        "backbeat_job_runs",
        "Runs by how they ended; a run is lost with its worker.",
        labels=["job_name", "outcome"],
    )
    durations = HistogramMetricFamily(
        "backbeat_job_duration_seconds", "How long runs took, in buckets from 10 ms to 10 min.", labels=["job_name"]
    )
    for job in jobs:
        for outcome in RunOutcome:
            runs.add_metric([job.name, outcome], getattr(job.totals, outcome))
        bounds = [*map(str, BUCKET_SECONDS), "+Inf"]
        counts = accumulate(job.totals.seconds_buckets)
        durations.add_metric([job.name], list(zip(bounds, counts, strict=True)), job.totals.seconds)
    yield runs
    yield durations
    for figure in _TOTALS:
        family = CounterMetricFamily(figure.name, figure.text, labels=["job_name"])
        for job in jobs:
            family.add_metric([job.name], getattr(job.totals, figure.field))
        yield family


_CONSUMER = (
    Figure(
        "backbeat_consumer_lag_seconds",
        "Age of the oldest change that the consumer has not read; 0 when it has read all.",
        "seconds",
    ),
    Figure(
        "backbeat_consumer_pending_rows",
        "Rows of the change log that the consumer has not read, counted up to about 1,000.",
        "log_rows",
    ),
    Figure("backbeat_consumer_pending_keys", "Changed keys in those rows.", "keys"),
    Figure(
        "backbeat_consumer_lost",
        "1 while the consumer's position is lost, so that its derivation owes a rebuild.",
        "lost",
    ),
)


def _drift(found: Iterable[Drift], derivations: Iterable[str]) -> Metric:
    family = CounterMetricFamily(
        "backbeat_drift_rows",
        "Rows that a verification found wrong; those that pay stay as they are.",
        labels=["derivation"],
    )
    totals = {row.derivation: row.found_rows for row in list(found)[:LABEL_VALUES_MAX]}  # far fewer are verified
    for name, total in _from_zero(totals, derivations).items():
        family.add_metric([name], total)
    return family


def _audits(audits: Iterable[AuditStatus]) -> Iterator[Metric]:
    rows = GaugeMetricFamily(
        "backbeat_audit_rows",
        "Rows that going round a derived table found as they should be, differing, or unverifiable.",
        labels=["audit", "outcome"],
    )
    age = GaugeMetricFamily(
        "backbeat_audit_age_seconds", "Seconds since the last round of an audit ended.", labels=["audit"]
    )
    ended = GaugeMetricFamily(
        "backbeat_audit_last_round_timestamp_seconds", "When the last round of an audit ended.", labels=["audit"]
    )
    for each in list(audits)[:LABEL_VALUES_MAX]:
        for outcome in ("same", "differing", "unverifiable"):
            rows.add_metric([each.audit, outcome], getattr(each, outcome))
        if each.age_seconds is not None:
            age.add_metric([each.audit], each.age_seconds)
        if each.ended_at is not None:
            ended.add_metric([each.audit], each.ended_at.timestamp())
    yield rows
    yield age
    yield ended


def _watch(watch: WatchStatus | None) -> Iterator[Metric]:
    differences = GaugeMetricFamily(
        "backbeat_watch_differences",
        "Rows that the database which is watched has otherwise; cause is empty while they are looked at again, and "
        '"unknown" where no known defect explains them.',
        labels=["subject", "kind", "cause"],
    )
    for each in list(watch.differences if watch else ())[:LABEL_VALUES_MAX]:
        differences.add_metric([each.subject, each.kind, each.cause], each.rows)
    yield differences
    yield gauge(
        "backbeat_watch_equal_seconds",
        "For how long nothing was found there that no known defect explains; 0 while something is.",
        (watch.equal_seconds or 0.0) if watch else None,
    )
    yield gauge("backbeat_watch_rows", "Rows that were looked at there.", watch.rows if watch else None)
    yield gauge("backbeat_watch_rounds", "Rounds over everything that have ended.", watch.rounds if watch else None)
    yield gauge(
        "backbeat_watch_height_ahead",
        "Blocks that our database was ahead of the one that is watched, at the last look; negative: behind.",
        watch.here_height - watch.there_height if watch else None,
    )


def _change_log(log: ChangeLogStatus) -> Iterator[Metric]:
    yield gauge("backbeat_change_log_bytes", "Size of the change log with its index.", log.size_bytes)
    for figure in _CONSUMER:
        family = GaugeMetricFamily(figure.name, figure.text, labels=["consumer"])
        for name, value in _furthest(log.consumers, figure.field):
            family.add_metric([name], value)
        yield family


def _furthest(consumers: Sequence[ConsumerLag], field: str) -> Iterator[tuple[str, float]]:
    """Yield a figure of those furthest behind, by name, and of all others the largest."""
    for consumer in consumers[:LABEL_VALUES_MAX]:
        yield consumer.name, getattr(consumer, field)
    rest = [getattr(consumer, field) for consumer in consumers[LABEL_VALUES_MAX:]]
    if rest:
        yield OTHER, max(rest)


def _processes(processes: Iterable[ProcessStatus]) -> Iterator[Metric]:
    there = Counter(part for each in processes if each.is_there for part in each.parts)
    family = GaugeMetricFamily("backbeat_processes", "Running processes that have this part.", labels=["part"])
    for part in Part:
        family.add_metric([part], there[part])
    yield family
    silent = sum(not each.is_there for each in processes)
    yield gauge("backbeat_processes_silent", "Processes that ended without a word within the last hour.", silent)


def _moves(status: Status) -> Iterator[Metric]:
    family = CounterMetricFamily(
        "backbeat_database_moves",
        "How often the database was restored or moved to another cluster, or a standby of it promoted.",
        labels=["how"],
    )
    family.add_metric([ServerMove.RESTORED], status.moves.restores)
    family.add_metric([ServerMove.PROMOTED], status.moves.promotions)
    yield family
    lost = sum(consumer.lost for consumer in status.change_log.consumers)
    yield gauge("backbeat_consumers_rebuilding", "Consumers of the change log that still owe a rebuild.", lost)


def _database(status: Status) -> Iterator[Metric]:
    database = status.database
    yield gauge("backbeat_database_size_bytes", "Size of the database on disk.", database.size_bytes)
    yield gauge("backbeat_database_connections", "Connections to the server, ours and others'.", database.connections)
    yield gauge("backbeat_database_connections_max", "The server's limit.", database.connections_max)
