"""The table of jobs in the reference, made of the catalog and of what the module of each job says that it keeps.

``PYTHONPATH=tests python -m jobs_page`` writes the page again.
"""

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from sql_files import SOURCE

import backbeat.derived
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from backbeat.jobs.schedule_table import schedule_table

PAGE = SOURCE.parent / "docs" / "reference" / "jobs.md"
CODE = "../../src"
RULES = re.compile(r" \((?:domain|section)s?: [^)]*\)")  # where the rules stand is for those who read the code
HEAD = """\
# Jobs

Every job of the catalog with its defaults. `jobs.every_seconds` and `jobs.timeout_seconds` [change](settings.md) a
cadence or a limit; `jobs.off` and `jobs.paused` take a job out. `scores_mode`, `trending_mode`, `social_sets` and
`refresh_views` put other jobs in the place of some, or add some. `repairs.*` are off until `jobs.content_nodes` names
enough content nodes, `delists.*` until `jobs.delegate_private_key` is set.

* *Every*: seconds between the starts of two runs. *Soon*: at the tip, how long after its last start a job may run again
  because a block came.
* *Fresh for*: how old the last success may be before the job is late and `/readyz` fails.
* Jobs of one *group* run one after another, groups side by side. A *heavy* job takes two of a worker's places and gives
  way to the block loop; see [scheduling](../explanation/scheduling.md).
* *Checks*: which of `backbeat jobs audit` and `backbeat jobs rebuild` it has; see
  [operating jobs](../howto/operate-jobs.md).

| job | keeps | every | soon | fresh for | group | weight | checks |
|---|---|---|---|---|---|---|---|
"""


SCHEDULE = """\

## The network's schedule

What the network's indexer runs beside its block loop, and what stands for it here. Two cadences or guards are those of
the Go port and of the Python original. There, a flag keeps a process from running a job twice at once, and a lock in
Redis two processes, until it expires. Here, every job has a lease in `backbeat.jobs`, proved again in each transaction
that it commits, and jobs of one group run one after another. `backbeat jobs list --markdown` prints these tables for
your settings.

"""


def page() -> str:
    """Return the reference page."""
    return HEAD + "".join(_row(job) for job in JOBS) + SCHEDULE + schedule_table(JOBS)


def keeps(job: Job) -> str:
    """Return the first sentence of a job's module; a chore that has no module under ``derived`` has one of its own."""
    home = _home(job)
    told = home.__doc__ if home else inspect.getdoc(job.run)
    paragraph = " ".join((told or "").partition("\n\n")[0].split())
    sentence = RULES.sub("", paragraph).partition(". ")[0].removesuffix(".")
    return sentence.replace("``", "`").replace("|", "\\|")


def _row(job: Job) -> str:
    home = _home(job) or inspect.getmodule(job.run)
    assert home is not None
    name = f"[`{job.name}`]({CODE}/{'/'.join(home.__name__.split('.'))}.py)"
    soon = "" if job.run_soon_seconds is None else f"{job.run_soon_seconds:g} s"
    checks = ", ".join(verb for verb, there in (("audit", job.audit), ("rebuild", job.rebuild)) if there)
    times = f"{job.every_seconds:g} s | {soon} | {job.freshness_seconds:g} s"
    return f"| {name} | {keeps(job)} | {times} | `{job.group}` | {job.weight} | {checks} |\n"


@cache
def _homes() -> dict[str, list[tuple[ModuleType, object]]]:
    """Return by name what modules under ``derived`` define that has a name."""
    found: dict[str, list[tuple[ModuleType, object]]] = {}
    for module in _modules():
        for constant in _assigned(module):
            value = vars(module)[constant]
            if isinstance(name := getattr(value, "name", None), str):
                found.setdefault(name, []).append((module, value))
    return found


def _assigned(module: ModuleType) -> Iterator[str]:
    """Yield the constants that a module makes itself, not those that it imports."""
    assert module.__file__ is not None
    for statement in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.isupper():
                    yield node.id


def _modules() -> Iterator[ModuleType]:
    for each in pkgutil.walk_packages(backbeat.derived.__path__, f"{backbeat.derived.__name__}."):
        yield import_module(each.name)


def _home(job: Job) -> ModuleType | None:
    """Return the module that defines what the job runs; of several of that name the one whose object it is."""
    named = _homes().get(job.name, [])
    owner = getattr(job.run, "__self__", None)
    exactly = [module for module, value in named if value is owner]
    return next(iter(exactly or (module for module, _ in named)), None)


if __name__ == "__main__":
    Path(PAGE).write_text(page(), encoding="utf-8")
