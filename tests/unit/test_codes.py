"""Codes that parts agree on, and words for people: neither is taken for the other."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec
import pytest

import backbeat
from backbeat import codes
from backbeat.cli.show import check_line
from backbeat.codes import CheckName, JobState, Outcome, Part, Phase, RunOutcome
from backbeat.observe import health, metrics, words
from backbeat.observe.headline import headline
from backbeat.web.view import shown_state
from builders.statuses import indexer, job, status

SOURCES = Path(backbeat.__file__).parent
CODES_AND_WORDS = {SOURCES / "codes.py", SOURCES / "observe" / "words.py"}

TOLD: dict[type[StrEnum], tuple[str, ...]] = {
    Phase: ("starting", "waiting for lease", "catching up", "at the tip", "waiting for the source", "stopped"),
    Outcome: ("applied", "rejected", "ignored"),
    RunOutcome: ("changed", "quiet", "failed", "cancelled", "lost"),
    JobState: ("fresh", "failing", "late", "paused", "waiting", "off"),
    Part: ("index", "jobs", "web"),
    codes.LaneName: ("indexing", "control", "jobs", "status", "reads"),
    codes.ServerMove: ("restored", "promoted"),
    CheckName: (
        "database",
        "migrations",
        "indexer",
        "commits",
        "lag",
        "chain source",
        "change log",
        "server",
        "plays",
        "audits",
        "triggers of others",
        "another writer",
        "written tables",
        "slots of plays",
    ),
}
"""What databases hold and programs are told."""

WORDS: tuple[tuple[type[StrEnum], Mapping[str, str]], ...] = (
    (Phase, words.PHASES),
    (JobState, words.STATES),
    (RunOutcome, words.OUTCOMES),
    (codes.ServerMove, words.MOVES),
    (CheckName, words.CHECKS),
)
RUNNING = status(indexer=indexer(phase=Phase.AT_TIP), jobs=(job(state=JobState.FRESH), job("b", state=JobState.LATE)))


@pytest.fixture
def reworded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other words for every code."""
    for name in ("PHASES", "STATES", "OUTCOMES", "MOVES", "CHECKS"):
        monkeypatch.setattr(words, name, {code: f"{word}, so to speak" for code, word in getattr(words, name).items()})


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_a_code_stays_what_programs_were_told(kind: type[StrEnum]) -> None:
    assert tuple(kind) == TOLD[kind]


@pytest.mark.parametrize(("kind", "said"), WORDS)
def test_every_code_that_people_meet_has_words(kind: type[StrEnum], said: Mapping[str, str]) -> None:
    assert list(said) == list(kind)


def test_a_code_of_another_version_is_shown_as_it_is() -> None:
    assert (words.phase("dreaming"), words.state("odd"), words.outcome("")) == ("dreaming", "odd", "")
    assert (words.move("cloned"), words.check("job songs")) == ("cloned", "job songs")


def test_a_phase_is_spelt_in_one_place() -> None:
    spelt = re.compile(rf"""['"]({"|".join(Phase)})['"]""")
    files = (path for path in SOURCES.rglob("*") if path.suffix in {".py", ".sql", ".html"})
    found = {path for path in files if path not in CODES_AND_WORDS and spelt.search(path.read_text(encoding="utf-8"))}
    assert not found


@pytest.mark.parametrize("kind", [RunOutcome, codes.ServerMove], ids=lambda kind: kind.__name__)
def test_statements_are_given_their_codes(kind: type[StrEnum]) -> None:
    spelt = re.compile(rf"'({'|'.join(kind)})'")
    files = [*(SOURCES / "jobs").glob("*.sql"), *(SOURCES / "observe").glob("*.sql")]
    assert not [path.name for path in files if spelt.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("kind", "migration", "column"),
    [
        (Outcome, "0006_own_tables.sql", "outcome"),
        (codes.ServerMove, "0006_own_tables.sql", "moved"),
        (RunOutcome, "0007_jobs.sql", "outcome"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_tables_admit_the_codes_and_no_others(kind: type[StrEnum], migration: str, column: str) -> None:
    text = (SOURCES / "db" / "migrations" / migration).read_text(encoding="utf-8")
    admitted = re.findall(rf"CHECK \({column} IN \(([^)]*)\)\)", text)
    assert admitted
    for each in admitted:
        assert set(re.findall(r"'(\w+)'", each)) == set(kind)


@pytest.mark.usefixtures("reworded")
def test_other_words_change_what_people_read() -> None:
    assert health.check_indexer(RUNNING.indexer).detail.endswith(f"{words.PHASES[Phase.AT_TIP]}.")
    assert [shown_state(each) for each in RUNNING.jobs] == [words.STATES[JobState.FRESH], words.STATES[JobState.LATE]]
    assert check_line(health.check_lag(RUNNING.indexer)).plain.startswith(f"ok   {words.CHECKS[CheckName.LAG]}: ")


def test_other_words_change_nothing_else(request: pytest.FixtureRequest) -> None:
    before = _told()
    request.getfixturevalue("reworded")
    assert words.phase(Phase.AT_TIP) != Phase.AT_TIP
    assert _told() == before


def _told() -> tuple[object, ...]:
    """Return what is judged of a status and what programs are told of it."""
    checks = (health.check_indexer(RUNNING.indexer), health.check_lag(RUNNING.indexer))
    exposed = [line for line in metrics.render(RUNNING).decode().splitlines() if "process_" not in line]
    return (
        headline(RUNNING.indexer, RUNNING.jobs, checks),
        [check.ok for check in checks],
        msgspec.json.encode(RUNNING),
        exposed,
    )
