"""Tries mutants in a copy of the checkout, one run of pytest each, on one server that outlives them."""

import asyncio
import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

import psycopg
from clusters import cluster_folder, server
from mutants.areas import SCHEMA, Area
from mutants.mutant import ROOT, Mutant, mutate
from mutants.nearest import Reached, chosen, file_of, test_files
from mutants.nursery import Nursery
from mutants.reached import CHOSEN, RECORD_TO
from psycopg.sql import SQL, Identifier
from shared_dir import SHARED

COPIED = (
    *("src", "native", "tests", "docs"),
    *("pyproject.toml", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile"),
)
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".hypothesis")
TEST_SECONDS_MAX = 60  # the longest quick test takes 5; one that takes longer with a change hangs
PYTEST = ("-x", "-q", "-p", "no:cacheprovider", "-p", "mutants.reached", "--no-header", "--tb=no")
HANGS = re.compile(r"Timeout \(>[\d.]+s\) from pytest-timeout|\+ Timeout \+")
FAILURES = ("FAILED ", "ERROR ")
NOTHING_COLLECTED = 5
# the one takes minutes, the other's bound is crossed on a busy machine
TOO_DEAR = (
    "tests/conformance/challenges/test_recorded.py",
    "tests/integration/jobs/test_workers.py::test_an_idle_worker_costs_little",
)
NEEDS_TEMPLATE = "tests/integration/observe/test_rejected.py"
BASELINE_SECONDS_MAX = 1_800
PATIENCE = 4  # a mutant that takes so many times what the tests take without it hangs, on a machine that may be busy
PATIENCE_SECONDS = 60
DATABASES = "SELECT datname FROM pg_database WHERE datname ~ '^(test|template)_'"


class Outcome(StrEnum):
    """What became of a mutant. ``STILLBORN``: no database takes the migration, so it was never tried."""

    KILLED = "killed"
    HUNG = "hung"
    SURVIVED = "survived"
    STILLBORN = "stillborn"


class Trial(NamedTuple):
    """A mutant's outcome; ``killer`` is the first test that failed."""

    mutant: Mutant
    outcome: Outcome
    seconds: float
    killer: str = ""


class BaselineError(Exception):
    """The tests cannot be run without any change."""


class Laboratory:
    """A copy of the checkout in ``folder``, where nobody else looks, and a server."""

    def __init__(self, folder: Path, kept: Path | None) -> None:
        self._folder = folder
        self._kept = kept
        self._tree = folder / "tree"
        self._data = folder / "server"
        self._reached: dict[str, Reached] = {}
        self._seen: dict[str, str] = {}  # test files as they were when their tests were recorded
        self.unsound: list[str] = []  # tests that fail without a change
        self._server = server(self._data)
        self._template = ""
        self._tree.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self._tree / name, ignore=NOT_COPIED)
            else:
                shutil.copy(source, self._tree / name)
        self._nursery = Nursery(self._tree, folder / "said")

    def open(self) -> None:
        """Start the server."""
        self._data.mkdir(exist_ok=True)
        self._data.chmod(0o755)
        asyncio.run(self._server.start())

        if self._kept and self._kept.exists():
            kept = json.loads(self._kept.read_text(encoding="utf-8"))
            self._seen, self.unsound = kept["files"], kept["unsound"]
            self._reached = _from_record(kept["tests"])

    def _keep(self) -> None:
        if self._kept:
            tests = {test: [each.seconds, sorted(each.functions)] for test, each in self._reached.items()}
            kept = {"files": self._seen, "unsound": self.unsound, "tests": tests}
            self._kept.write_text(json.dumps(kept), encoding="utf-8")

    def _digest(self, file: str) -> str:
        return hashlib.sha256((self._tree / file).read_bytes()).hexdigest()

    def close(self) -> None:
        """Stop the server."""
        self._nursery.close()
        asyncio.run(self._server.stop())

    def baseline(self, files: Sequence[str], area: Area) -> None:
        """See what the tests reach without a change; those that fail then are not asked about changes.

        Raises BaselineError if they cannot be run.
        """
        unseen = [file for file in files if self._seen.get(file) != self._digest(file)]
        if unseen:
            record = self._folder / "reached.json"
            status, said = self._pytest(["--maxfail=100", *unseen], area, BASELINE_SECONDS_MAX, {RECORD_TO: record})
            failed = [line.split(" - ")[0].split(" ", 1)[1] for line in said.splitlines() if line.startswith(FAILURES)]
            if status and not failed:
                raise BaselineError(f"{area.name}: {said[-300:]}")
            self.unsound = [test for test in self.unsound if file_of(test) not in unseen] + failed
            self._reached = {test: each for test, each in self._reached.items() if file_of(test) not in unseen}
            self._reached |= _from_record(json.loads(record.read_text(encoding="utf-8")))
            self._seen |= {file: self._digest(file) for file in unseen}
            self._keep()
        if not (area.own_server or self._template):
            if not unseen:
                self._pytest([NEEDS_TEMPLATE], area, BASELINE_SECONDS_MAX, {})
            self._template = next((name for name in self._databases() if name.startswith("template")), "")

    def attempt(self, mutant: Mutant, area: Area, *, thorough: bool) -> Trial:
        """Make the change, run the tests until one fails, take the change back.

        ``thorough``: what the quick tests do not notice meets all tests of the area, as far as they usually go.
        """
        files = test_files(area.tests)
        self.baseline(files, area)
        tests = chosen(mutant, files, self._reached)
        usual = sum(self._reached[test].seconds for test in tests)
        choice = self._folder / "chosen.json"
        choice.write_text(json.dumps(tests), encoding="utf-8")
        meant = list(dict.fromkeys(map(file_of, tests)))
        started = time.monotonic()
        with self._changed(mutant):
            # a test that hangs ends the run, whatever it hangs in
            meant.append("--timeout-method=thread")
            status, said = self._pytest(meant, area, PATIENCE * usual + PATIENCE_SECONDS, {CHOSEN: choice})
            if status == 0 and thorough:
                status, said = self._pytest(files, area, BASELINE_SECONDS_MAX, {}, "slow or not slow", "usual")
        outcome, killer = outcome_of(status, said)
        if mutant.path.startswith(SCHEMA) and self._is_stillborn():
            outcome = Outcome.STILLBORN
        self._sweep(area)
        return Trial(mutant, outcome, time.monotonic() - started, killer)

    @contextmanager
    def _changed(self, mutant: Mutant) -> Iterator[None]:
        place = self._tree / mutant.path
        compiled = Path(cache_from_source(str(place)))
        original = place.read_bytes()  # the copy's, whatever is edited in the checkout meanwhile
        place.write_bytes(mutate(original, mutant))
        compiled.unlink(missing_ok=True)  # it is told from a newer source by whole seconds only
        try:
            yield
        finally:
            place.write_bytes(original)
            compiled.unlink(missing_ok=True)

    def _pytest(
        self,
        tests: Sequence[str],
        area: Area,
        seconds_max: float,
        plugin: dict[str, Path],
        marks: str = "not slow",
        depth: str = "brief",
    ) -> tuple[int | None, str]:
        """Return pytest's exit status, None if it took too long, and what it printed."""
        environment = {
            "BACKBEAT_TEST_DEPTH": depth,
            "BACKBEAT_SHARED_DIR": str(SHARED),
            **{name: str(value) for name, value in plugin.items()},
        }
        if not area.own_server:
            environment["BACKBEAT_TEST_LENT_DIR"] = str(self._data)
        left_out = self.unsound
        command = [*PYTEST, "-m", marks, *tests]
        if depth == "brief":
            command += [f"--timeout={TEST_SECONDS_MAX}"]
            left_out = [*left_out, *TOO_DEAR]
        command += [f"--deselect={test}" for test in left_out]
        status, said = self._nursery.run(command, environment, seconds_max)
        return 0 if status == NOTHING_COLLECTED else status, said

    def _is_stillborn(self) -> bool:
        """Tell whether no database with the changed migrations was ever made."""
        return {name for name in self._databases() if not name.endswith("_building")} == {self._template}

    def _sweep(self, area: Area) -> None:
        """Drop what tests that were killed, or other migrations, left behind."""
        if area.own_server:
            return
        for name in set(self._databases()) - {self._template}:
            with psycopg.connect(self._server.url, autocommit=True) as session:
                session.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(Identifier(name)))
                session.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def _databases(self) -> list[str]:
        with psycopg.connect(self._server.url, autocommit=True) as session:
            return [row[0] for row in session.execute(DATABASES).fetchall()]


@contextmanager
def laboratory(kept: Path | None) -> Iterator[Laboratory]:
    """Yield a laboratory that is gone afterwards, even if this process is killed.

    ``kept``: a file with what the tests reach, which an earlier one wrote.
    """
    with cluster_folder() as folder:
        opened = Laboratory(folder, kept)
        opened.open()
        try:
            yield opened
        finally:
            opened.close()


def outcome_of(status: int | None, said: str) -> tuple[Outcome, str]:
    """Return what a run came to that ended with ``status`` (None: not in time), and the first test that failed."""
    if status == 0:
        return Outcome.SURVIVED, ""
    killer = next((line for line in said.splitlines() if line.startswith(FAILURES)), "")
    hangs = status is None or HANGS.search(killer or said)
    return Outcome.HUNG if hangs else Outcome.KILLED, killer or said[-300:]


def _from_record(tests: dict[str, tuple[float, list[str]]]) -> dict[str, Reached]:
    return {test: Reached(seconds, frozenset(functions)) for test, (seconds, functions) in tests.items()}
