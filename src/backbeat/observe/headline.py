"""The state of everything in one sentence."""

from backbeat.codes import CheckName, JobState, Phase
from backbeat.jobs.operate import JobView
from backbeat.observe.figures import count, plural, span, to_go
from backbeat.observe.standstill import sentence, standstill_of
from backbeat.observe.tree import Check, IndexerStatus, Tone


def headline(indexer: IndexerStatus | None, jobs: tuple[JobView, ...], checks: tuple[Check, ...]) -> tuple[Tone, str]:
    """Return the tone of the state and the sentence that tells it; the worst news leads."""
    failing = {check.name for check in checks if not check.ok}
    if CheckName.MIGRATIONS in failing:
        return "bad", "The database is not prepared for this version"
    if indexer is None or indexer.heartbeat_age_seconds is None:
        return "busy", "Nothing is indexed yet"
    if CheckName.INDEXER in failing:
        return "bad", _still(indexer)
    stuck = standstill_of(indexer) if CheckName.COMMITS in failing else None
    if stuck is not None:
        return "bad", sentence(stuck)
    if indexer.source_problem:
        return "bad", f"At block {count(indexer.height)}: {indexer.source_problem.rstrip('.')}"
    tone, text = _moving(indexer, lag_is_bad=CheckName.LAG in failing)
    late, failed = (sum(job.state == state for job in jobs) for state in (JobState.LATE, JobState.FAILING))
    troubled = [f"{plural(number, 'job')} {how}" for number, how in ((late, "late"), (failed, "failing")) if number]
    return ("bad", f"{text}; {', '.join(troubled)}") if troubled else (tone, text)


def beginning(indexer: IndexerStatus) -> str:
    """Say where this database begins, unless that is with the first block of the chain that is followed."""
    if indexer.first_height is None:
        return ""
    if indexer.first_chain_id != indexer.chain_id:
        return f", since block {count(indexer.first_height)} of {indexer.first_chain_id}"
    return f", since block {count(indexer.first_height)}" if indexer.first_height > 1 else ""


def _still(indexer: IndexerStatus) -> str:
    where = f"at block {count(indexer.height)}"
    if indexer.phase == Phase.STOPPED:
        return f"Stopped {where}, {span(indexer.heartbeat_age_seconds)} ago"
    return f"Standing still {where}: no sign of the indexer for {span(indexer.heartbeat_age_seconds)}"


def _moving(indexer: IndexerStatus, *, lag_is_bad: bool) -> tuple[Tone, str]:
    if indexer.phase == Phase.STARTING:
        return "busy", "The indexer is starting"
    if indexer.phase == Phase.WAITING:
        return "busy", f"Waiting for another indexer to let go, at block {count(indexer.height)}"
    if indexer.lag_blocks is None:
        return "bad", f"At block {count(indexer.height)}; the head of the chain is unknown"
    behind = f"block {count(indexer.height)}, {count(indexer.lag_blocks)} behind"
    if indexer.phase == Phase.AT_TIP and not lag_is_bad:
        return "good", f"At the tip: {behind}"
    return "busy", f"Catching up: {behind}{_remaining(indexer)}"


def _remaining(indexer: IndexerStatus) -> str:
    if not indexer.lag_blocks or indexer.blocks_per_second <= 0:
        return ""
    left = to_go(indexer.lag_blocks / indexer.blocks_per_second)
    return f", {left}" if left else ""
