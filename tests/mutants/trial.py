"""Tries mutants in a copy of the checkout, one process of pytest each, on one server that outlives them."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

import psycopg
from clusters import cluster_folder, server
from mutants.areas import MIGRATIONS, Area
from mutants.mutant import ROOT, Mutant
from mutants.nearest import nearest_first
from psycopg.sql import SQL, Identifier
from shared_dir import SHARED

COPIED = ("src", "tests", "docs", "pyproject.toml", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile")
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".hypothesis")
TEST_SECONDS_MAX = 60  # the longest quick test takes 5; one that takes longer with a change hangs
PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no")
HANGS = re.compile(r"Timeout \(>[\d.]+s\) from pytest-timeout")
NOTHING_COLLECTED = 5
# the one takes minutes, the other's bound is crossed on a busy machine
TOO_DEAR = (
    "tests/conformance/challenges/test_recorded.py",
    "tests/integration/jobs/test_workers.py::test_an_idle_worker_costs_little",
)
BASELINE_SECONDS_MAX = 900
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
    """The tests fail without any change."""


class Laboratory:
    """A copy of the checkout in ``folder``, where nobody else looks, and a server."""

    def __init__(self, folder: Path) -> None:
        self._tree = folder / "tree"
        self._data = folder / "server"
        self._seconds: dict[str, float] = {}
        self._server = server(self._data)
        self._template = ""
        self._tree.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self._tree / name, ignore=NOT_COPIED)
            else:
                shutil.copy(source, self._tree / name)

    def open(self) -> None:
        """Start the server."""
        self._data.mkdir(exist_ok=True)
        self._data.chmod(0o755)
        asyncio.run(self._server.start())

    def close(self) -> None:
        """Stop the server."""
        asyncio.run(self._server.stop())

    def baseline(self, tests: Sequence[str], area: Area) -> float:
        """Return how long the test files take without a change. Raises BaselineError if they fail."""
        unseen = [test for test in tests if test not in self._seconds]
        if unseen:
            started = time.monotonic()
            status, said = self._pytest(unseen, area, BASELINE_SECONDS_MAX, "not slow", "brief")
            if status != 0:
                raise BaselineError(f"{area.name}: {said}")
            share = (time.monotonic() - started) / len(unseen)
            self._seconds |= dict.fromkeys(unseen, share)
            if not (area.own_server or self._template):
                self._template = next((name for name in self._databases() if name.startswith("template")), "")
        return sum(self._seconds[test] for test in tests)

    def attempt(self, mutant: Mutant, area: Area, *, thorough: bool) -> Trial:
        """Make the change, run the tests until one fails, take the change back.

        ``thorough``: what the quick tests do not notice meets all tests of the area, as far as they usually go.
        """
        tests = nearest_first(mutant.path, area.tests)
        usual = self.baseline(tests, area)
        started = time.monotonic()
        with self._changed(mutant):
            status, said = self._pytest(tests, area, PATIENCE * usual + PATIENCE_SECONDS, "not slow", "brief")
            if status == 0 and thorough:
                status, said = self._pytest(tests, area, BASELINE_SECONDS_MAX, "slow or not slow", "usual")
        outcome = _outcome(status, said)
        if mutant.path.startswith(MIGRATIONS) and self._is_stillborn():
            outcome = Outcome.STILLBORN
        self._sweep(area)
        return Trial(mutant, outcome, time.monotonic() - started, said)

    @contextmanager
    def _changed(self, mutant: Mutant) -> Iterator[None]:
        place = self._tree / mutant.path
        compiled = Path(cache_from_source(str(place)))
        place.write_bytes(mutant.mutated)
        compiled.unlink(missing_ok=True)  # it is told from a newer source by whole seconds only
        try:
            yield
        finally:
            place.write_bytes(mutant.original)
            compiled.unlink(missing_ok=True)

    def _pytest(
        self, tests: Sequence[str], area: Area, seconds_max: float, marks: str, depth: str
    ) -> tuple[int | None, str]:
        """Return pytest's exit status, None if it took too long, and the first test that failed."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._tree / "src"),
            "BACKBEAT_TEST_DEPTH": depth,
            "BACKBEAT_SHARED_DIR": str(SHARED),
        }
        if not area.own_server:
            environment["BACKBEAT_TEST_LENT_DIR"] = str(self._data)
        command = [sys.executable, *PYTEST, "-m", marks, *tests]
        if depth == "brief":
            command += [f"--timeout={TEST_SECONDS_MAX}", *(f"--deselect={test}" for test in TOO_DEAR)]
        with subprocess.Popen(
            command,
            cwd=self._tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                said, _ = running.communicate(timeout=seconds_max)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                return None, ""
        if running.returncode in {0, NOTHING_COLLECTED}:
            return 0, ""
        failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return running.returncode, failed[0] if failed else said[-300:]

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
def laboratory() -> Iterator[Laboratory]:
    """Yield a laboratory that is gone afterwards, even if this process is killed."""
    with cluster_folder() as folder:
        opened = Laboratory(folder)
        opened.open()
        try:
            yield opened
        finally:
            opened.close()


def _outcome(status: int | None, said: str) -> Outcome:
    if status is None or HANGS.search(said):
        return Outcome.HUNG
    return Outcome.KILLED if status else Outcome.SURVIVED
