"""The metrics of the block loop: where it stands, what it committed, what its commits failed with."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from backbeat.codes import Phase
from backbeat.loop_report import BUCKET_SECONDS, Durations, bounds_of
from backbeat.observe.families import LABEL_VALUES_MAX, Figure, gauge
from backbeat.observe.standstill import standstill_of
from backbeat.observe.tree import IndexerStatus, Status

_INDEXER = (
    Figure("backbeat_block_height", "Height of the last committed block, on its chain.", "height"),
    Figure("backbeat_chain_head_height", "Height of the newest block known; absent while unknown.", "head_height"),
    Figure("backbeat_lag_blocks", "Blocks known and not committed; absent while the head is unknown.", "lag_blocks"),
    Figure("backbeat_lag_seconds", "Age of the last committed block while behind, 0 when not behind.", "lag_seconds"),
    Figure("backbeat_block_age_seconds", "Age of the last committed block, behind or not.", "block_age_seconds"),
    Figure(
        "backbeat_indexer_heartbeat_age_seconds",
        "Time since the indexer reported; it does so every second.",
        "heartbeat_age_seconds",
    ),
    Figure(
        "backbeat_blocks_per_second", "Blocks committed per second, over the last ten seconds.", "blocks_per_second"
    ),
    Figure(
        "backbeat_transactions_per_second",
        "Transactions committed per second, over the last ten seconds.",
        "transactions_per_second",
    ),
    Figure("backbeat_plays_per_second", "Plays committed per second, over the last ten seconds.", "plays_per_second"),
    Figure(
        "backbeat_source_height",
        "Head that the chain source reports now, even if it went back below what was indexed.",
        "source_height",
    ),
    Figure(
        "backbeat_witness_height", "Last block in which the witness agreed; absent without a witness.", "witness_height"
    ),
)


def loop_metrics(status: Status, reasons: Iterable[str]) -> Iterator[Metric]:
    """Yield the families of the block loop; of one that never ran only its phase, which is none."""
    indexer = status.indexer
    yield _phase(indexer)
    if indexer is not None:
        yield from _figures(indexer)
        yield from _instants(indexer, status.at)
        yield from _commits(indexer, reasons, status.at)


def _phase(indexer: IndexerStatus | None) -> Metric:
    phase = GaugeMetricFamily(
        "backbeat_indexer_phase", "1 for the phase that the indexer is in, 0 for the others.", labels=["phase"]
    )
    for code in Phase:
        phase.add_metric([code], indexer is not None and code == indexer.phase)
    return phase


def _figures(indexer: IndexerStatus) -> Iterator[Metric]:
    chain = GaugeMetricFamily(
        "backbeat_chain_info", "1 for the chain that backbeat_block_height is a height of.", labels=["chain_id"]
    )
    if indexer.chain_id:
        chain.add_metric([indexer.chain_id], 1.0)
    yield chain
    for figure in _INDEXER:
        yield gauge(figure.name, figure.text, getattr(indexer, figure.field))
    for name, text, problem in (
        (
            "backbeat_source_problem",
            '1 while the chain source has a problem; the check "chain source" says which.',
            indexer.source_problem,
        ),
        (
            "backbeat_witness_problem",
            "1 while the witness does not answer, or lacks a block for half a minute.",
            indexer.witness_problem,
        ),
    ):
        yield gauge(name, text, bool(problem))


def _instants(indexer: IndexerStatus, at: datetime) -> Iterator[Metric]:
    age = indexer.heartbeat_age_seconds
    reported = None if age is None else (at - timedelta(seconds=age)).timestamp()
    block = indexer.block_time.timestamp() if indexer.block_time else None
    yield gauge("backbeat_indexer_heartbeat_timestamp_seconds", "When the indexer last reported.", reported)
    yield gauge("backbeat_block_timestamp_seconds", "The time of the last committed block.", block)


def _commits(indexer: IndexerStatus, reasons: Iterable[str], at: datetime) -> Iterator[Metric]:
    report = indexer.report
    for name, text, count in (
        ("backbeat_blocks", "Blocks committed since the indexer's process started.", report.blocks),
        ("backbeat_plays", "Rows of plays committed since the indexer's process started.", report.plays),
    ):
        family = CounterMetricFamily(name, text)
        family.add_metric([], count)
        yield family
    failures = CounterMetricFamily(
        "backbeat_commit_failures",
        "Commits that failed since the indexer's process started; each is tried again.",
        labels=["reason"],
    )
    for reason, count in (dict.fromkeys(reasons, 0) | report.failures).items():
        failures.add_metric([reason], count)
    yield failures
    last = GaugeMetricFamily(
        "backbeat_commit_last_failure_timestamp_seconds",
        "When a commit failed last, and why; absent if none did. /status has the error.",
        labels=["reason"],
    )
    if report.last_failure is not None:
        age_seconds = report.last_failure.age_seconds + (indexer.heartbeat_age_seconds or 0.0)
        last.add_metric([report.last_failure.reason], (at - timedelta(seconds=age_seconds)).timestamp())
    yield last
    found = standstill_of(indexer)
    yield gauge(
        "backbeat_stuck_seconds",
        "For how long a block cannot be committed, because tries fail or wait for a lock; 0 while nothing holds it up.",
        found.seconds if found else 0.0,
    )
    yield _durations(
        "backbeat_commit_duration_seconds", "How long commits took that succeeded.", "", {"": report.commits}
    )
    yield _durations(
        "backbeat_node_call_duration_seconds", "How long calls to the node took.", "method", report.node_calls
    )


def _durations(name: str, text: str, label: str, found: Mapping[str, Durations]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=[label] if label else [])
    bounds = [*map(str, BUCKET_SECONDS), "+Inf"]
    for value, durations in list(found.items())[:LABEL_VALUES_MAX]:
        buckets = list(zip(bounds, bounds_of(durations), strict=True))
        family.add_metric([value] if label else [], buckets, durations.seconds)
    return family
