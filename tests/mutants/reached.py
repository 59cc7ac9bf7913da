"""A pytest plugin that records what each test reaches of the program, and runs the tests that reach a change.

Which of the two, and with which file, its two variables in the environment say.
"""

import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

RECORD_TO = "BACKBEAT_TEST_REACHED_TO"  # the program refuses settings that it does not know, and knows ours by TEST
CHOSEN = "BACKBEAT_TEST_CHOSEN"
PROGRAM = f"{Path.cwd() / 'src'}{os.sep}"


class Recorder:
    """Notes each function of the program that is called, by file and first line, for the test that runs."""

    def __init__(self, to: Path) -> None:
        self._to = to
        self._called: set[Any] = set()
        self._by_test: dict[str, set[Any]] = {}
        self._set_up: defaultdict[str, set[Any]] = defaultdict(set)
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def note(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            self._called.add(frame.f_code)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None]:
        self._called = set()
        sys.setprofile(self.note)  # again: a test may have ended it
        try:
            yield
        finally:
            # a module's fixture is set up for its first test and serves them all
            self._set_up[item.nodeid.split("::")[0]] |= self._called

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None]:
        self._called = self._by_test[item.nodeid] = set()
        sys.setprofile(self.note)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        sys.setprofile(None)
        reached = {
            test: [self._seconds[test], sorted(self._places(called | self._set_up[test.split("::")[0]]))]
            for test, called in self._by_test.items()
        }
        self._to.write_text(json.dumps(reached), encoding="utf-8")

    def _places(self, called: set[Any]) -> set[str]:
        ours = [code for code in called if code.co_filename.startswith(PROGRAM)]
        return {f"src/{code.co_filename.removeprefix(PROGRAM)}:{code.co_firstlineno}" for code in ours}


class Choice:
    """Keeps the tests of a list, in its order."""

    def __init__(self, names: list[str]) -> None:
        self._order = {name: at for at, name in enumerate(names)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )


def pytest_configure(config: pytest.Config) -> None:
    if to := os.environ.get(RECORD_TO):
        recorder = Recorder(Path(to))
        config.pluginmanager.register(recorder)
        sys.setprofile(recorder.note)
        threading.setprofile(recorder.note)
    if chosen := os.environ.get(CHOSEN):
        config.pluginmanager.register(Choice(json.loads(Path(chosen).read_text(encoding="utf-8"))))
