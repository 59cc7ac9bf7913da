"""The schedule as Markdown: the network's jobs row by row, what stands for each, and what is ours alone."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from backbeat.jobs.counterparts import COUNTERPARTS, OURS, Counterpart, standing_for
from backbeat.jobs.job import Job

NETWORK = ("the network's job", "its cadence", "its guard", "here", "every", "group", "reads", "writes", "remark")
ALONE = ("job", "every", "group", "what for")


def schedule_table(jobs: Sequence[Job], off: Collection[str] = ()) -> str:
    """Return both tables for a catalog. Jobs that are ``off``, or that lack a setting, are said to be off."""
    named = {job.name: job for job in jobs}
    alone = [_alone(named[name], purpose, off) for name, purpose in OURS.items() if name in named]
    return "\n".join(
        [
            *_table(NETWORK, (_row(counterpart, named, off) for counterpart in COUNTERPARTS)),
            "",
            *_table(ALONE, alone),
            "",
        ]
    )


def _row(counterpart: Counterpart, named: dict[str, Job], off: Collection[str]) -> tuple[str, ...]:
    jobs = [named[name] for name in standing_for(counterpart, named)]
    unmade = ", ".join(f"`{pattern}` (off)" for pattern in counterpart.jobs)  # a setting would make it
    return (
        counterpart.network,
        counterpart.cadence,
        counterpart.guard,
        *(_columns(jobs, off) if jobs else (unmade, "", "")),
        ", ".join(f"`{table}`" for table in counterpart.reads),
        ", ".join(f"`{table}`" for table in counterpart.writes),
        counterpart.remark,
    )


def _alone(job: Job, purpose: str, off: Collection[str]) -> tuple[str, ...]:
    return (*_columns([job], off), purpose)


def _columns(jobs: Sequence[Job], off: Collection[str]) -> tuple[str, str, str]:
    names = (f"`{job.name}`{' (off)' if job.name in off or job.lacks else ''}" for job in jobs)
    cadences = dict.fromkeys(f"{job.every_seconds:g} s" for job in jobs)
    groups = dict.fromkeys(f"`{job.group}`" for job in jobs)
    return ", ".join(names), ", ".join(cadences), ", ".join(groups)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for cells in (headings, ["---"] * len(headings), *rows):
        yield f"| {' | '.join(cells)} |"
