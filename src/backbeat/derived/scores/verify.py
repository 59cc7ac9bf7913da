"""Looking at every user once in a while, whatever the feeds say (domain: derived state, 8.4).

A thousandth of the users a minute. What is wrong is counted as drift and handed to the parts that keep it; this job
writes no score itself. Rows read per user: those that its features are counted from, its plays among them.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.derived.scores import early_challenges, score
from backbeat.derived.scores.early_challenges import EARLY_CHALLENGES
from backbeat.derived.scores.karma import KARMA, Karma
from backbeat.derived.scores.listeners import LISTENERS, Listeners
from backbeat.derived.scores.score import SCORE
from backbeat.incremental import drift
from backbeat.incremental.change_log import log_keys
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.report import RunReport
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.transaction import Fence, fenced

Cure = Callable[[AsyncConnection[Any], Sequence[int]], Awaitable[None]]


class Checked(NamedTuple):
    """A part of the score, and what has to be done about users of whom it is wrong."""

    part: Derivation | Karma | Listeners
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
ROUND = Rolling("scores.verify", "users", "user_id", seconds=60_000, keys_max=1_000)


class Verification:
    """Checks the users whose turn it is."""

    name = "scores.verify"

    def __init__(self, rolling: Rolling = ROUND, checked: Sequence[Checked] = CHECKED) -> None:
        self._rolling = rolling
        self._checked = checked

    async def run(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Check the next users; ``updated`` tells how many things were wrong."""
        turn = await self._rolling.peek(connection)
        if turn.is_quiet:
            return RunReport(name=self.name)
        found = [(checked, await checked.part.differing(connection, turn.keys)) for checked in self._checked]
        async with fenced(connection, fence):
            if not await turn.advance(connection):
                return RunReport.lost_to_another(self.name)
            for checked, wrong in found:
                if wrong:
                    await checked.cure(connection, wrong)
                    await drift.report(connection, checked.part.name, wrong)
        return RunReport(
            name=self.name, keys=len(turn.keys), updated=sum(len(wrong) for _, wrong in found), more=turn.has_more
        )


VERIFICATION = Verification()
