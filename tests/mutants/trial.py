"""Tries mutants in a copy of the checkout, one process of pytest each, on one server that outlives them."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

import psycopg
from clusters import cluster_folder, server
from mutants.areas import SCHEMA, Area
from mutants.mutant import ROOT, Mutant
from psycopg.sql import SQL, Identifier
from shared_dir import SHARED

COPIED = ("src", "tests", "docs", "pyproject.toml", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile")
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".hypothesis")
PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no")
NOTHING_COLLECTED = 5
BASELINE_SECONDS_MAX = 900
PATIENCE = 8  # a mutant that takes so many times what the tests take without it hangs, on a machine that may be busy
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
        self._baselines: dict[tuple[str, ...], float] = {}
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

    def baseline(self, area: Area) -> float:
        """Return how long the area's tests take without a change. Raises BaselineError if they fail."""
        if area.tests not in self._baselines:
            started = time.monotonic()
            status, said = self._pytest(area, BASELINE_SECONDS_MAX, "not slow", "brief")
            if status != 0:
                raise BaselineError(f"{area.name}: {' '.join(area.tests)}: {said}")
            self._baselines[area.tests] = time.monotonic() - started
            if not (area.own_server or self._template):
                [self._template] = [name for name in self._databases() if name.startswith("template")]
        return self._baselines[area.tests]

    def attempt(self, mutant: Mutant, area: Area, *, thorough: bool) -> Trial:
        """Make the change, run the tests until one fails, take the change back.

        ``thorough``: what the quick tests do not notice meets all tests of the area, as far as they usually go.
        """
        usual = self.baseline(area)
        started = time.monotonic()
        with self._changed(mutant):
            status, said = self._pytest(area, PATIENCE * usual + PATIENCE_SECONDS, "not slow", "brief")
            if status == 0 and thorough:
                status, said = self._pytest(area, BASELINE_SECONDS_MAX, "slow or not slow", "usual")
        outcome = _outcome(status)
        if mutant.path.startswith(SCHEMA) and self._is_stillborn():
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

    def _pytest(self, area: Area, seconds_max: float, marks: str, depth: str) -> tuple[int | None, str]:
        """Return pytest's exit status, None if it took too long, and the first test that failed."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._tree / "src"),
            "BACKBEAT_TEST_DEPTH": depth,
            "BACKBEAT_SHARED_DIR": str(SHARED),
        }
        if not area.own_server:
            environment["BACKBEAT_TEST_LENT_DIR"] = str(self._data)
        command = [sys.executable, *PYTEST, "-m", marks, *area.tests]
        if "tests/conformance/challenges" in area.tests and depth == "brief":
            command += ["--deselect", "tests/conformance/challenges/test_recorded.py"]
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


def _outcome(status: int | None) -> Outcome:
    if status is None:
        return Outcome.HUNG
    return Outcome.KILLED if status else Outcome.SURVIVED
