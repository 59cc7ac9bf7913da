"""What people read for a code: on the page, on a terminal and in the details of checks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from backbeat.codes import CheckName, JobState, Phase, RunOutcome, ServerMove
from backbeat.incremental.ranges import Outcome, Why
from backbeat.jobs.operate import JobView

PHASES: Final[Mapping[str, str]] = {
    Phase.STARTING: "starting",
    Phase.WAITING: "waiting for its turn",
    Phase.CATCHING_UP: "catching up",
    Phase.AT_TIP: "at the tip",
    Phase.SOURCE_BEHIND: "waiting for the source",
    Phase.STOPPED: "stopped",
}
STATES: Final[Mapping[str, str]] = {
    JobState.FRESH: "fresh",
    JobState.FAILING: "failing",
    JobState.LATE: "late",
    JobState.PAUSED: "paused",
    JobState.WAITING: "waiting",
    JobState.OFF: "off",
}
ORDER: Final = (
    JobState.FAILING,
    JobState.LATE,
    JobState.PAUSED,
    JobState.WAITING,
    JobState.FRESH,
    JobState.OFF,
)
"""States of jobs, those to be looked at first."""
OUTCOMES: Final[Mapping[str, str]] = {
    RunOutcome.CHANGED: "changed",
    RunOutcome.QUIET: "quiet",
    RunOutcome.FAILED: "failed",
    RunOutcome.CANCELLED: "cancelled",
    RunOutcome.LOST: "lost",
}
MOVES: Final[Mapping[str, str]] = {
    ServerMove.RESTORED: "restored",
    ServerMove.PROMOTED: "promoted",
}
CHECKS: Final[Mapping[str, str]] = {
    CheckName.DATABASE: "database",
    CheckName.MIGRATIONS: "migrations",
    CheckName.INDEXER: "indexer",
    CheckName.COMMITS: "commits",
    CheckName.LAG: "lag",
    CheckName.SOURCE: "chain source",
    CheckName.CHANGE_LOG: "change log",
    CheckName.SERVER: "server",
    CheckName.PLAYS: "plays",
    CheckName.AUDITS: "audits",
    CheckName.TRIGGERS: "triggers of other programs",
    CheckName.WRITER: "another indexer",
    CheckName.TABLES: "tables of blocks",
    CheckName.SLOTS: "slots of plays",
}
AUDITED: Final[Mapping[str, str]] = {
    Outcome.CLEAN: "clean",
    Outcome.DIFFERS: "differs",
    Outcome.UNVERIFIABLE: "unverifiable",
    Outcome.NOTHING: "nothing compared",
}
UNVERIFIABLE: Final[Mapping[str, str]] = {
    Why.OFF: "what keeps it is switched off",
    Why.NOT_BUILT: "it was never computed here, or a rebuild is due",
    Why.WAITS: "changes wait for the next run",
    Why.KEPT: "such a row stays when what led to it is gone",
    Why.JUDGED_THEN: "it was judged by the facts of then, which are not kept",
    Why.BEFORE_HISTORIES: "it was judged before histories began here",
    Why.FROM_NOW: "it would be of before the challenge began here",
    Why.PLAYS_PRUNED: "plays that it came from were pruned, and their sums do not tell it",
    Why.PLAYS_LOST: "plays that it came from are gone, and nobody summed them up",
    Why.UNTOLD: "it is neither announced nor paid out, so there is nothing to compare it with",
    Why.CAUSE: "what it tells of is not kept",
}


def phase(code: str) -> str:
    """Return what the block loop is doing; a code of another version as it is."""
    return PHASES.get(code, code)


def state(code: str) -> str:
    """Return how a job stands."""
    return STATES.get(code, code)


def states(jobs: Sequence[JobView]) -> str:
    """Return how many jobs stand how, those in trouble first: ``1 late, 44 fresh``."""
    found = Counter(job.state for job in jobs)
    return ", ".join(f"{found[each]} {state(each)}" for each in ORDER if each in found)


def outcome(code: str) -> str:
    """Return how a run ended; nothing for a job that never ran."""
    return OUTCOMES.get(code, code)


def move(code: str) -> str:
    """Return how the database came to where it is."""
    return MOVES.get(code, code)


def check(code: str) -> str:
    """Return what a check looks at; one that is named after a job or a lane as it is."""
    return CHECKS.get(code, code)


def audited(code: str) -> str:
    """Return what an audit comes to."""
    return AUDITED.get(code, code)


def unverifiable(code: str) -> str:
    """Return why rows cannot be verified; what follows a colon in the code is the kind of row."""
    reason, _, kind = code.partition(":")
    said = UNVERIFIABLE.get(reason, reason)
    return f"{said} ({kind})" if kind else said
