"""What a worker remembers of the schedule between two looks at it, and what that tells of the time until the next."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from enum import Enum, auto
from math import inf
from typing import Any

import msgspec

from backbeat.codes import RunOutcome
from backbeat.incremental.glance import Scheduled, Seen
from backbeat.jobs import readiness
from backbeat.jobs.job import Job
from backbeat.jobs.record import Ended
from backbeat.jobs.schedule import Timing
from backbeat.jobs.store import Claim, ScheduleRow, Tick, Ticked
from backbeat.settings import JobsSettings

CONFIRMED_SHARE = 1.25  # of the time between looks: the next block, a second later, comes before it is over
UNREAD_SECONDS_MAX = 10.0  # then the rows are read in any case, and with them what the server's clock says


class Want(Enum):
    """What is to be done about a job."""

    NOTHING = auto()
    TICK = auto()  # its cadence is due, and its feeds tell nothing new
    RUN = auto()


class Outlook:
    """The rows as they were seen last, with what this worker has done since, on a clock that goes on from there.

    Instants are the worker's own monotonic ones. What other workers do is known only at the next look; statements that
    act on what is remembered say under which term it was seen. ``is_told``: the worker hears of commits of blocks.
    """

    def __init__(self, jobs: Mapping[str, Job], settings: JobsSettings, *, is_told: bool) -> None:
        self._jobs = jobs
        self._settings = settings
        self._is_told = is_told
        self._rows: dict[str, ScheduleRow] = {}
        self._read_at = -inf  # when the rows were read
        self._known_until = -inf  # how long they may be gone by
        self._is_confirmed = False  # a glance has just said that they are as they are remembered
        self._is_off: dict[str, bool] = {}  # whether the last run here of each job said that it is switched off
        self._frontier: tuple[int | None, int | None] | None = None  # block number and play id at the last glance
        self._rules: int | None = None  # what that glance told of the rules
        self._began_by: dict[str, int | None] = {}  # the rules when the last run here of each job began
        self._named: frozenset[str] = frozenset()  # the jobs that it named and that have not started since
        self._doubtful: frozenset[str] = frozenset()  # those of them that may have taken up their news by running
        self._look_at = -inf  # when the rows are to be looked at again
        self._glance_at = inf  # when the feeds are, if no block comes before
        self._due_at = inf  # when a job falls due that only a run can judge

    def saw(self, rows: Mapping[str, ScheduleRow], at: float) -> None:
        """Remember the rows of a look. A job that another worker has begun since may have taken up its news."""
        begun = {name for name, row in self._rows.items() if name in rows and rows[name].term != row.term}
        self._doubtful |= self._named & begun
        self._rows, self._read_at = dict(rows), at
        self._known_until = at + self._settings.poll_seconds_max

    def look_again(self) -> None:
        """Have the rows looked at again at once, because something is not as it was remembered."""
        self._look_at, self._is_confirmed = -inf, False

    def rows(self, at: float) -> list[tuple[Job, ScheduleRow]]:
        """Return every job with its row, as of now."""
        since = timedelta(seconds=max(at - self._read_at, 0.0)) if self._rows else timedelta(0)
        return [
            (self._jobs[name], msgspec.structs.replace(row, now=row.now + since) if since else row)
            for name, row in self._rows.items()
        ]

    def want(self, job: Job, row: ScheduleRow, seen: Seen | None) -> Want:
        """Say what is to be done about a job, as its row and a look at the feeds tell.

        Without such a look now, those that the last one named and that have not started since still have news.
        """
        if row.run_requested and not readiness.lacks_frontier(job, row):
            return Want.RUN
        if readiness.is_held(job, row, self._settings):
            return Want.NOTHING
        is_quiet = seen is not None and job.name not in seen.moved | seen.passed_over
        if is_quiet and self._may_tick(job, row) and readiness.ticks_along(job, row):
            return Want.TICK
        if readiness.seconds_until_due(job, row) <= 0:
            return Want.RUN
        is_off = self._is_off.get(job.name, False)
        has_news = readiness.has_news(job, row, self._named - self._doubtful if seen is None else seen.moved)
        return Want.RUN if has_news and not is_off else Want.NOTHING

    def needs_glance(self, at: float) -> bool:
        """Say whether the feeds are to be looked at beside the rows: for ticks that are due, and for blocks.

        The frontier shows blocks that the worker was not told of.
        """
        return self.has_due_tick(at) or any(
            (row.block_number, row.play_id) != self._frontier
            and self._follows(job, row)
            and readiness.seconds_until_soon(job, row) <= 0
            for job, row in self.rows(at)
        )

    def has_due_tick(self, at: float) -> bool:
        """Say whether a job is due that quiet feeds may stand in for."""
        return any(
            self._may_tick(job, row) and readiness.seconds_until_due(job, row) <= 0 for job, row in self.rows(at)
        )

    def ticking(self, at: float) -> set[str]:
        """Return the jobs whose ticks quiet feeds would stand in for now: those whose feeds have to be looked at."""
        return {job.name for job, row in self.rows(at) if self._may_tick(job, row) and readiness.ticks_along(job, row)}

    def _may_tick(self, job: Job, row: ScheduleRow) -> bool:
        # another version's run, or one that found itself switched off, says nothing about what ours would do
        is_judged = self._is_off.get(job.name, True) is False
        return is_judged and readiness.may_tick(job, row) and not readiness.is_held(job, row, self._settings)

    def _follows(self, job: Job, row: ScheduleRow) -> bool:
        return (
            bool(job.feeds)
            and readiness.may_follow(job, row)
            and not (row.leased or self._is_off.get(job.name, False) or readiness.is_held(job, row, self._settings))
        )

    def claimed(self, claim: Claim, timing: Timing) -> None:
        """Take note that a run of ours began."""
        self._change(
            claim.name,
            term=claim.term,
            holder=claim.holder,
            leased=True,
            started_at=claim.started_at,
            run_requested=False,
            ticks_since_run=0,
            **timing._asdict(),
        )
        self._named -= {claim.name}
        self._began_by[claim.name] = self._rules

    def ended(self, name: str, timing: Timing, ended: Ended) -> None:
        """Take note how a run of ours ended; if it did not succeed, have the rows looked at again."""
        is_done = ended.outcome in {RunOutcome.QUIET, RunOutcome.CHANGED} and not ended.deferred_reason
        changes: dict[str, Any] = {"deferred_since": None} if is_done and not ended.report.more else {}
        self._change(name, holder=None, leased=False, outcome=ended.outcome.value, **timing._asdict(), **changes)
        if is_done and self._began_by[name] == self._rules:
            self._is_off[name] = ended.report.off
        else:
            self._is_off.pop(name, None)
        if not is_done:
            self.look_again()

    def ticked(self, ticks: Sequence[Tick], ticked: Sequence[Ticked]) -> None:
        """Take note of ticks; one that was refused met a row that is not as it was remembered."""
        asked = {each.row.name: each for each in ticks}
        for name, term, ticks_since_run in ticked:
            row, cadence_at, _ = asked[name]
            self._change(
                name,
                term=term,
                ticks_since_run=ticks_since_run,
                outcome=RunOutcome.QUIET.value,
                started_at=row.now,
                cadence_at=cadence_at,
                next_run_at=cadence_at,
            )
        if len(ticked) < len(ticks):
            self.look_again()

    def glanced(self, seen: Seen, at: float, own: Collection[str]) -> None:
        """Take note of what was seen; a job that runs meanwhile may take up its news by itself.

        ``own`` are the groups that runs of ours are under way in.
        """
        self._frontier = (seen.block_number, seen.play_id)
        if seen.rules != self._rules:  # what runs found by the old ones says nothing of what the next would do
            self._rules = seen.rules
            self._is_off.clear()
        self._named = seen.moved
        self._doubtful = frozenset(name for name in seen.moved if name in self._rows and self._rows[name].leased)
        if seen.is_requested:
            self.look_again()
        elif seen.schedule == self._remembered and self._stands_still(own):
            until = at + self._settings.poll_seconds_max * CONFIRMED_SHARE
            self._known_until = max(self._known_until, min(until, self._read_at + UNREAD_SECONDS_MAX))
            self._is_confirmed = True

    @property
    def _remembered(self) -> Scheduled:
        rows = self._rows.values()
        runs, paused = sum(row.holder is not None for row in rows), sum(row.paused for row in rows)
        return Scheduled(len(rows), sum(row.term for row in rows), runs, paused, tips=1)

    def _stands_still(self, own: Collection[str]) -> bool:
        """Say whether nothing is to be expected that changes rows and shows in no glance: the end of another's run."""
        return all(row.at_tip and (not row.leased or self._jobs[name].group in own) for name, row in self._rows.items())

    def _change(self, name: str, **changes: Any) -> None:
        if name in self._rows:
            self._rows[name] = msgspec.structs.replace(self._rows[name], **changes)

    def plan(self, at: float, own: Collection[str], opens_in: Mapping[str, float], *, has_looked: bool) -> None:
        """Reckon when to look again at the rows, and when at the feeds, if nothing happens before.

        ``own`` are the groups that runs of ours are under way in: their ends wake us. ``opens_in``: how soon each group
        opens.
        """
        has_looked, self._is_confirmed = has_looked or self._is_confirmed, False
        look_in = self._known_until - at
        due_in = glance_in = inf
        for job, row in self.rows(at):
            if job.group in own:
                continue
            opens = opens_in[job.group]
            due = readiness.seconds_until_due(job, row)
            again_in = readiness.look_again_seconds(job, row, self._settings)
            if again_in < self._settings.poll_seconds_max:
                look_in = min(look_in, max(again_in, opens))
            wait_in = max(due, opens)
            if wait_in > 0 and self._may_tick(job, row):
                glance_in = min(glance_in, wait_in)
            elif wait_in > 0 and not readiness.is_held(job, row, self._settings):
                due_in = min(due_in, wait_in)
            if self._follows(job, row) and (job.name in self._named or (row.moving and not self._is_told)):
                patience = readiness.patience_seconds(job) if row.moving and self._is_told else 0.0
                soon_in = readiness.seconds_until_soon(job, row, patience)
                glance_in = min(glance_in, soon_in or self._settings.poll_seconds)
        self._look_at = at + look_in if has_looked else min(at + look_in, self._look_at)
        self._glance_at = at + glance_in
        self._due_at = at + due_in

    def wants_look(self, at: float) -> bool:
        """Say whether the rows are to be looked at now."""
        return at >= self._look_at

    def wants_glance(self, at: float) -> bool:
        """Say whether the feeds are to be looked at now, though no block is known to have come."""
        return at >= self._glance_at

    def wants_start(self, at: float) -> bool:
        """Say whether a job that only a run can judge has fallen due."""
        return at >= self._due_at

    def follow_in(self, at: float, own: Collection[str], *, only_named: bool = False) -> float:
        """Return how soon a block that has come may start a job; ``only_named``: one that the last glance named."""
        return min(
            (
                readiness.seconds_until_soon(job, row)
                for job, row in self.rows(at)
                if job.group not in own and self._follows(job, row) and (not only_named or job.name in self._named)
            ),
            default=inf,
        )

    @property
    def is_in_doubt(self) -> bool:
        """Say whether a job that was running is among those that the last look at the feeds left."""
        return bool(self._named & self._doubtful)

    def has_due(self, at: float, own: Collection[str]) -> bool:
        """Say whether a job that is due waits for its turn or a place."""
        return any(
            job.group not in own
            and not row.leased
            and (row.run_requested or readiness.seconds_until_due(job, row) <= 0)
            and not readiness.is_held(job, row, self._settings)
            for job, row in self.rows(at)
        )

    def rest_seconds(self, at: float) -> float:
        """Return how long nothing is to be done unless something happens."""
        return max(min(self._look_at, self._glance_at, self._due_at) - at, 0.0)
