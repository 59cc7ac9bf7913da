"""Looking at every user once in a while, whatever the feeds say (domain: derived state, 8.4).

A thousandth of the users a minute. What is wrong is counted as drift and handed to the parts that keep it; this job
writes no score itself. Rows read per user: those that its features are counted from, its plays among them.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from psycopg import AsyncConnection

from backbeat.derived.scores import early_challenges, score
from backbeat.derived.scores.early_challenges import EARLY_CHALLENGES
from backbeat.derived.scores.karma import KARMA
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.derived.scores.score import SCORE
from backbeat.incremental import drift
from backbeat.incremental.change_log import log_keys
from backbeat.incremental.report import RunReport
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Work, decide, taking
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import AnyFeed

Cure = Callable[[AsyncConnection[Any], Sequence[int]], Awaitable[None]]


class DriftFinder(Protocol):
    """A feature, or the score itself, of which single users can be compared with a full recompute."""

    name: str

    async def find_drift(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> list[int]:
        """Return those of ``keys`` of whom it is wrong, leaving out who waits for a run."""


class Checked(NamedTuple):
    """A part of the score, and what has to be done about users of whom it is wrong."""

    part: DriftFinder
    cure: Cure


def logged(stream: str) -> Cure:
    """Return the cure of what is recomputed once its key is logged."""

    async def log(connection: AsyncConnection[Any], keys: Sequence[int]) -> None:
        await log_keys(connection, stream, keys)

    return log


CHECKED = (
    Checked(LISTENERS, LISTENERS.repair),
    Checked(EARLY_CHALLENGES, logged(early_challenges.STREAM)),
    Checked(KARMA, KARMA.recount),
    Checked(SCORE, logged(score.STREAM)),
)
POLICY = Policy(Missing.FIRST_ROW)
ROUND = Rolling("scores.verify", "users", "user_id", seconds=60_000, keys_max=1_000)


class Verification:
    """Checks the users who are due."""

    name = "scores.verify"

    def __init__(self, rolling: Rolling = ROUND, checked: Sequence[Checked] = CHECKED) -> None:
        self._rolling = rolling
        self._checked = checked

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at."""
        return (self._rolling,)

    async def run(self, session: Session) -> RunReport:
        """Check the next users; ``updated`` tells how many things were wrong."""
        connection = session.connection
        positions = await Positions.peek(connection, [self._rolling])
        if decide(positions, NO_PARAMETERS, POLICY) is Action.QUIET:
            return RunReport(name=self.name)
        keys = positions.of(self._rolling).keys
        found = [(checked, await checked.part.find_drift(connection, keys)) for checked in self._checked]
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                for checked, wrong in found:
                    if wrong:
                        await checked.cure(connection, wrong)
                        await drift.report(connection, checked.part.name, wrong)
                run.did(Work(keys=len(keys), updated=sum(len(wrong) for _, wrong in found)))
        return run.report


VERIFICATION = Verification()
