"""What the page says, worked out before the template sees it."""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec
from markupsafe import Markup, escape

from backbeat.codes import CheckName, JobState
from backbeat.errors import BackbeatError
from backbeat.incremental.change_log import ConsumerLag
from backbeat.jobs.operate import JobView
from backbeat.observe import figures, words
from backbeat.observe.standstill import standstill_of
from backbeat.observe.told import is_well, told, waiting_alike
from backbeat.observe.tree import Check, Status, Tone

PROBLEMS_MAX = 6
OTHERS = "others"  # the area of jobs that are alone in theirs
_PART_ENDS = re.compile(r"[:._/](?=[^:._/])")
_PILLS = {
    JobState.LATE: "tone-bad",
    JobState.FAILING: "tone-bad",
    JobState.FRESH: "tone-good",
    JobState.PAUSED: "tone-busy",
    JobState.WAITING: "plain",
    JobState.OFF: "plain",
}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One rendering of the page. When the database did not answer it has no groups and no figures."""

    title: str
    """The title of the browser's tab."""
    tone: Tone
    """How good or bad the headline is."""
    headline: str
    """The state in one sentence."""
    at: datetime
    """When it was read."""
    problems: Sequence[Check]
    """Checks that fail, and advice."""
    is_lagging: bool = False
    """Whether the check ``lag`` fails."""
    is_log_late: bool = False
    """Whether the check ``change log`` fails."""
    applied: int = 0
    """Transactions applied so far."""
    rejected: int = 0
    """Transactions refused so far."""
    rejected_share: str = figures.NOTHING
    """Their share of all transactions."""
    jobs_summary: str = ""
    """How many jobs are late, paused and so on."""
    groups: Sequence[tuple[str, Sequence[JobView]]] = ()
    """Jobs that are late or failing, as one group; then others that are not well or wait, by area."""
    folded: Sequence[tuple[str, Sequence[JobView]]] = ()
    """Jobs of which there is nothing to say: fresh ones, those that are off, or wait if many do, by area."""
    waiting_note: str = ""
    """What many jobs wait for, as one sentence."""
    folded_summary: str = ""
    """How many of those there are."""
    behind: Sequence[ConsumerLag] = ()
    """Consumers of the change log that have rows to read."""


def view_of(status: Status) -> View:
    """Return the page's view of a status."""
    applied = sum(kind.applied for kind in status.transactions)
    rejected = sum(kind.rejected for kind in status.transactions)
    total = applied + rejected + sum(kind.ignored for kind in status.transactions)
    shown = told(status)
    waiting_note = waiting_alike(status.jobs)
    told_singly = set() if waiting_note else {JobState.WAITING}
    folded = [job for job in status.jobs if is_well(job) and job.state not in told_singly]
    return View(
        title=_title(status),
        tone=status.tone,
        headline=status.headline,
        at=status.at,
        problems=_shortened(shown),
        is_lagging=any(check.name == CheckName.LAG and not check.ok for check in shown),
        is_log_late=any(check.name == CheckName.CHANGE_LOG and not check.ok for check in shown),
        applied=applied,
        rejected=rejected,
        rejected_share=f"{rejected / total:.2%}" if total else figures.NOTHING,
        jobs_summary=words.states(status.jobs),
        groups=_first([job for job in status.jobs if job not in folded]),
        waiting_note=waiting_note,
        folded=_by_area(folded),
        folded_summary=words.states(folded),
        behind=[consumer for consumer in status.change_log.consumers if consumer.log_rows],
    )


def _first(jobs: Sequence[JobView]) -> list[tuple[str, list[JobView]]]:
    """Return the jobs of which there is something to say."""
    troubled = [job for state in (JobState.LATE, JobState.FAILING) for job in jobs if job.state == state]
    others = [job for job in jobs if job.state not in {JobState.LATE, JobState.FAILING}]
    return [*([("late or failing", troubled)] if troubled else []), *_by_area(others)]


def _by_area(jobs: Sequence[JobView]) -> list[tuple[str, list[JobView]]]:
    """Return jobs by what their groups belong to, those that are alone in theirs together at the end."""
    areas: dict[str, list[JobView]] = {}
    for job in jobs:
        areas.setdefault(job.group.partition(".")[0], []).append(job)
    alone = [job for members in areas.values() if len(members) == 1 for job in members]
    together = [(area, members) for area, members in areas.items() if len(members) > 1]
    return [*together, *([(OTHERS if together else alone[0].group, alone)] if alone else [])]


def view_of_outage(error: BackbeatError, at: datetime) -> View:
    """Return the view when there is no status to show."""
    return _troubled_view("The database does not answer", error, at)


def problem_view(error: BackbeatError, at: datetime) -> View:
    """Return the view of a page that cannot show what was asked for."""
    return _troubled_view("There is nothing to show", error, at)


def titled(text: str) -> str:
    """Return the title of the browser's tab for a page."""
    return f"{text} · Backbeat"


def _troubled_view(headline: str, error: BackbeatError, at: datetime) -> View:
    problem = Check(error.code, ok=False, detail=error.message, cure=error.cure)
    return View(title=titled(f"! {headline}"), tone="bad", headline=headline, at=at, problems=[problem])


def pill(state: JobState) -> str:
    """Return the class of a job's state."""
    return _PILLS[state]


def shown_state(job: JobView) -> str:
    """Return the word for what a job does; that it is late or failing comes before everything."""
    state = words.state(job.state)
    if job.state in {JobState.LATE, JobState.FAILING}:
        return state
    return "running" if job.running else "gives way" if job.deferred_since else state


def code(text: str) -> Markup:
    """Return text with what stands between backticks set as code; everything is escaped."""
    parts = text.split("`")
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup("").join(parts)  # join escapes what is not markup


def breakable(text: str) -> Markup:
    """Return a name that may go on in the next line behind each of its parts, and nowhere else; it is escaped."""
    return Markup(_PART_ENDS.sub(r"\g<0><wbr>", str(escape(text))))  # noqa: S704 - escaped first


def next_run(job: JobView, at: datetime) -> str:
    """Return when the job runs next, as a length of time from ``at``."""
    if job.running:
        return "running"
    if job.state in {JobState.PAUSED, JobState.OFF} or job.next_run_at is None:
        return figures.NOTHING
    seconds = (job.next_run_at - at).total_seconds()
    return "now" if seconds < 1 else figures.about(seconds)


def _title(status: Status) -> str:
    stuck = next((check for check in status.checks if check.name == CheckName.COMMITS and not check.ok), None)
    found = standstill_of(status.indexer)
    if stuck and found:
        return f"! stuck at {figures.count(found.height)} · Backbeat"
    lag = status.indexer.lag_blocks if status.indexer else None
    short = "unknown" if lag is None else f"{figures.count(lag)} behind"
    return f"{'' if status.healthy else '! '}{short} · Backbeat"


def _shortened(failing: Sequence[Check]) -> Sequence[Check]:
    if len(failing) <= PROBLEMS_MAX:
        return failing
    rest = len(failing) - PROBLEMS_MAX + 1
    more = Check("and more", ok=False, detail=f"{rest} further checks fail.", cure="See /readyz for all of them.")
    return [*failing[: PROBLEMS_MAX - 1], more]
