"""What people read for a code: on the page, on a terminal and in the details of checks."""

from collections.abc import Mapping
from typing import Final

from backbeat.codes import JobState, Phase, RunOutcome

PHASES: Final[Mapping[str, str]] = {
    Phase.STARTING: "starting",
    Phase.WAITING: "waiting for lease",
    Phase.CATCHING_UP: "catching up",
    Phase.AT_TIP: "at the tip",
    Phase.SOURCE_BEHIND: "waiting for the source",
    Phase.STOPPED: "stopped",
}
STATES: Final[Mapping[str, str]] = {
    JobState.FRESH: "fresh",
    JobState.LATE: "late",
    JobState.PAUSED: "paused",
    JobState.WAITING: "waiting",
    JobState.OFF: "off",
}
OUTCOMES: Final[Mapping[str, str]] = {
    RunOutcome.CHANGED: "changed",
    RunOutcome.QUIET: "quiet",
    RunOutcome.FAILED: "failed",
    RunOutcome.CANCELLED: "cancelled",
    RunOutcome.LOST: "lost",
}


def phase(code: str) -> str:
    """Return what the block loop is doing; a code of another version as it is."""
    return PHASES.get(code, code)


def state(code: str) -> str:
    """Return how a job stands."""
    return STATES.get(code, code)


def outcome(code: str) -> str:
    """Return how a run ended; nothing for a job that never ran."""
    return OUTCOMES.get(code, code)
