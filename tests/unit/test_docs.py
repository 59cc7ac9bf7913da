"""The documentation names only what exists, and says what works."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import entity_reference
import jobs_page
import pytest
from typer.core import TyperGroup

from backbeat.cli.verbs import VERBS, load
from backbeat.jobs.catalog import JOBS

ROOT = Path(__file__).parents[2]
PLACES = ("*.md", "docs/**/*.md", "src/**/*.md")
DECISIONS = ROOT / "docs" / "decisions"

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
VERB = re.compile(r"(?:`|^ *(?:\w+=\S+ )*(?:\S+/)?)backbeat ([a-z]+)(?: ([a-z]+))?", re.MULTILINE)
JOB = re.compile(
    r"/jobs/([\w.]+)/(?:run|pause|resume|history)"
    r"|^ *backbeat jobs (?:show|history|run|pause|resume|audit|rebuild) ([\w.]+)"
    r"|^(?:paused|off) = \[\"([\w.]+)\"\]"
    r"|^(?:every|timeout)_seconds = \{ \"?([\w.]+)\"? =",
    re.MULTILINE,
)


def documents() -> list[Path]:
    return sorted({path for place in PLACES for path in ROOT.glob(place)})


each = pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def anchors(path: Path) -> frozenset[str]:
    """Return the names that headings are linked by: lower case, words joined by hyphens."""
    headings = HEADING.findall(FENCED.sub("", text(path)))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def links(path: Path) -> Iterator[tuple[Path, str]]:
    for target in LINK.findall(FENCED.sub("", text(path))):
        if "://" not in target:
            place, _, anchor = target.partition("#")
            yield (path.parent / place if place else path), anchor


@each
def test_every_link_leads_somewhere(document: Path) -> None:
    for target, anchor in links(document):
        assert target.exists(), f"{target} does not exist"
        assert not anchor or anchor in anchors(target), f"{target} has no heading {anchor!r}"
        assert target.resolve().is_relative_to(ROOT)


@cache
def verbs() -> dict[str, frozenset[str]]:
    """Return every verb with those under it."""
    commands = {verb.name: load(verb.name) for verb in VERBS}
    return {
        name: frozenset(command.commands) if isinstance(command, TyperGroup) else frozenset()
        for name, command in commands.items()
    }


@each
def test_every_verb_that_is_named_exists(document: Path) -> None:
    for verb, under in VERB.findall(text(document)):
        assert verb in verbs(), f"there is no `backbeat {verb}`"
        assert not (verbs()[verb] and under) or under in verbs()[verb], f"there is no `backbeat {verb} {under}`"


def test_every_page_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            waiting += [target for target, _ in links(page)]
    assert {path.resolve() for path in documents()} <= seen


def test_the_documentation_lists_every_page() -> None:
    """In ``docs/README.md``, or in the list of a folder that has its own."""
    index = ROOT / "docs" / "README.md"
    lists = [index, *(target for target, _ in links(index) if target.name == "README.md" and target.parent != ROOT)]
    listed = {target.resolve() for page in lists for target, _ in links(page)} | {index}
    assert {path.resolve() for path in (ROOT / "docs").rglob("*.md")} <= listed


def test_the_index_lists_every_decision() -> None:
    listed = re.findall(r"^\| \[(\d{4})\]\((.+?)\)", text(DECISIONS / "README.md"), re.MULTILINE)
    assert [name for _, name in listed] == sorted(path.name for path in DECISIONS.glob("0*.md"))
    assert all(name.startswith(number) for number, name in listed)


def test_the_reference_lists_every_pair_that_is_handled() -> None:
    """To write the page again: ``PYTHONPATH=tests python -m entity_reference``."""
    assert text(entity_reference.PAGE) == entity_reference.page()


@each
def test_every_job_that_is_named_exists(document: Path) -> None:
    named = {name for found in JOB.findall(text(document)) for name in found if name and name != "NAME"}
    assert named <= {job.name for job in JOBS}


def test_the_reference_lists_every_job() -> None:
    """To write the page again: ``PYTHONPATH=tests python -m jobs_page``."""
    assert text(jobs_page.PAGE) == jobs_page.page()
    for job in JOBS:
        assert f"`{job.name}`" in text(jobs_page.PAGE)
        assert jobs_page.keeps(job), f"the module of {job.name} does not say what the job keeps"
