"""What keeps a block from being committed, in words."""

from typing import Final

from backbeat.codes import HEARTBEAT_SECONDS_MAX, Phase
from backbeat.loop_report import Blocker, Standstill
from backbeat.observe.figures import count, plural, span
from backbeat.observe.tree import IndexerStatus

_NOT_TOLD: Final = "state not told"
_HIDDEN: Final = " What it does is shown to members of the role pg_read_all_stats only."


def standstill_of(indexer: IndexerStatus | None) -> Standstill | None:
    """Return what keeps blocks from being committed, of an indexer that reports; None if nothing does."""
    if indexer is None or indexer.phase == Phase.STOPPED:
        return None
    age = indexer.heartbeat_age_seconds
    return None if age is None or age > HEARTBEAT_SECONDS_MAX else indexer.report.standstill


def sentence(found: Standstill) -> str:
    """Return where the block loop is stuck, for how long and why, without a full stop."""
    block = f"at block {count(found.height)}" if found.height else "before the first block"
    where = f"Stuck {block} for {span(found.seconds)}"
    if found.blocker is not None:
        return f"{where}: {_waits(found.blocker)}"
    tries = f", {count(found.failures)} tries failed" if found.failures > 1 else ""
    return f"{where}{tries}: {found.error.rstrip('.')}"


def cure_of(found: Standstill) -> str:
    """Return what to do about it."""
    if found.blocker is None:
        return found.cure
    if not found.blocker.pid:
        return "Commit or roll back the prepared transaction: see pg_prepared_xacts. Nothing is lost meanwhile."
    return (
        "Have that session end its transaction, or end the session: "
        f"`SELECT pg_terminate_backend({found.blocker.pid})`. Nothing is lost meanwhile."
        f"{'' if found.blocker.state else _HIDDEN}"
    )


def stopped_by(indexer: IndexerStatus) -> str:
    """Return what an indexer that stopped could not commit, as a sentence behind another; nothing if it could."""
    found = indexer.report.standstill
    return f" {sentence(found)}." if found else ""


def _waits(blocker: Blocker) -> str:
    on = f" on {blocker.relation}" if blocker.relation else ""
    others = f", and {plural(blocker.others, 'more session')}" if blocker.others else ""
    if not blocker.pid:
        return f"waits for a lock{on} held by a prepared transaction{others}"
    return f"waits for a lock{on} held by pid {blocker.pid} ({_who(blocker)}){others}"


def _who(blocker: Blocker) -> str:
    name = blocker.application or blocker.user or "no name"
    if not blocker.state:
        return f"{name} of {blocker.user}" if blocker.user and blocker.user != name else f"{name}, {_NOT_TOLD}"
    return f"{name}, {blocker.state} {span(blocker.state_seconds)}"
