"""What keeps a block from being committed, in words."""

from backbeat.codes import HEARTBEAT_SECONDS_MAX, Phase
from backbeat.loop_report import Standstill
from backbeat.observe import words
from backbeat.observe.figures import count, span
from backbeat.observe.tree import IndexerStatus


def standstill_of(indexer: IndexerStatus | None) -> Standstill | None:
    """Return what keeps blocks from being committed, of an indexer that reports; None if nothing does."""
    if indexer is None or indexer.phase == Phase.STOPPED:
        return None
    age = indexer.heartbeat_age_seconds
    return None if age is None or age > HEARTBEAT_SECONDS_MAX else indexer.report.standstill


def doing(indexer: IndexerStatus) -> str:
    """Return what the indexer does, in a word or two."""
    return "stuck" if standstill_of(indexer) else words.phase(indexer.phase)


def sentence(found: Standstill) -> str:
    """Return where the block loop is stuck, for how long and why, without a full stop."""
    block = f"at block {count(found.height)}" if found.height else "before the first block"
    where = f"Stuck {block} for {span(found.seconds)}"
    if found.lock_holder is not None:
        return f"{where}: waits for {found.lock_holder}"
    tries = f", {count(found.failures)} tries failed" if found.failures > 1 else ""
    return f"{where}{tries}: {found.error.rstrip('.')}"


def cure_of(found: Standstill) -> str:
    """Return what to do about it."""
    if found.lock_holder is None:
        return found.cure
    return f"{found.lock_holder.cure} Nothing is lost meanwhile."


def stopped_by(indexer: IndexerStatus) -> str:
    """Return what an indexer that stopped could not commit, as a sentence behind another; nothing if it could."""
    found = indexer.report.standstill
    return f" {sentence(found)}." if found else ""
