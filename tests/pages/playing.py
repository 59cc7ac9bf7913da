"""A page played from its first step to its last."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import psycopg

from pages.block import Step, steps
from pages.pattern import differences
from pages.program import TERMINAL, Going, Printed, seen, typed

T = TypeVar("T")

CTRL_C = "Ctrl-C in every terminal"
"""Done before a command where a stage says so."""
GO_ON = {"up", "index", "web", "watch"}
"""Verbs that go on until Ctrl-C, but for these of their options."""
END_WITH = {"--exit-at-tip", "--stop-at", "--once", "--dry-run"}


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """How a page is played."""

    stand_ins: Mapping[str, str] = {}
    """What stands on the page, and what is typed in its place; ``{name}`` is the scene's."""
    not_run: Mapping[str, str] = {}
    """How a command, file or statement begins that is not run, with the reason."""
    statuses: Mapping[str, Sequence[int]] = {}
    """How a command begins that ends with other exit statuses than 0, one after the other each time it is typed."""
    before: Mapping[str, str | tuple[str, ...]] = {}
    """How a command begins before which the scene does something, by its name there, or several things in turn."""
    after_ctrl_c: str = ""
    """How a block begins that is printed once Ctrl-C is pressed in the first terminal."""
    exact: bool = False
    """Whether numbers on the page are held to."""


class Scene(msgspec.Struct, kw_only=True):
    """Where pages are played."""

    folder: Path
    """Where commands are typed."""
    environ: dict[str, str]
    """The environment that they run in."""
    words: dict[str, str] = {}
    """By name what a stage may put in place of what a page says."""
    does: dict[str, Callable[[], None]] = {}
    """By name what a stage may have done before a step."""
    going: dict[str, Going] = {}
    """Commands that are under way when a page comes to them."""
    database_url: str = ""
    """Where statements are run."""


class Played(NamedTuple):
    """One step, what it printed, and what of the page is not so."""

    step: Step
    printed: list[str]
    wrong: list[str]


class Player:
    """Plays one page in a scene."""

    def __init__(self, stage: Stage, scene: Scene) -> None:
        self._stage = stage
        self._scene = scene
        self._exported: dict[str, str] = {}
        self._going: list[Going] = []
        self._statuses = {begin: list(ends) for begin, ends in stage.statuses.items()}
        self._last = Printed(0, [])
        self._last_going: Going | None = None

    def play(self, text: str) -> Iterator[Played]:
        """Yield each step of a page, played."""
        with ExitStack() as afterwards:
            afterwards.callback(self._stop)
            is_run = True
            for step in steps(text):
                if step.text:
                    is_run = begins(step.text, self._stage.not_run) is None
                if is_run:  # what a command that is not run prints later is not looked for either
                    yield self._played(step)

    def _environ(self) -> dict[str, str]:
        return self._scene.environ | self._exported

    def _stop(self) -> None:
        while self._going:
            self._going.pop().stop()

    def _played(self, step: Step) -> Played:
        if step.language:
            return Played(step, [], self._used(step))
        if step.text:
            wrong = self._typed(step)
        elif self._stage.after_ctrl_c and step.printed[0].startswith(self._stage.after_ctrl_c):
            wrong = self._interrupted()
        else:
            wrong = []
        among = self._last_going is not None
        shown = [self._in_place(line) for line in step.printed]
        if self._last_going is not None:
            lines = self._last_going.wait_for(lambda so_far: not differences(shown, so_far, among=True))
            self._last = Printed(0, lines)
        wrong += differences(shown, self._last.lines, exact=self._stage.exact, among=among)
        return Played(step, self._last.lines, wrong)

    def _interrupted(self) -> list[str]:
        [first, *_] = self._scene.going.values()
        before = len(first.lines())
        ended = first.stop()
        self._last, self._last_going = Printed(ended.status, ended.lines[before - 1 :]), None
        return [] if ended.status == 0 else [f"Ctrl-C ended with status {ended.status}"]

    def _typed(self, step: Step) -> list[str]:
        before = begins(step.text, self._stage.before) or ()
        for what in (before,) if isinstance(before, str) else before:
            self._stop() if what == CTRL_C else self._scene.does[what]()
        self._last_going = self._scene.going.get(step.text)
        if self._last_going is not None:
            return []
        environ, words = assigned(shlex.split(self._in_place(step.text)))
        if words[0] == "export":
            self._exported |= assigned(words[1:])[0]
            return []
        words = spelt_out(words)
        ends = begins(step.text, self._statuses)
        wanted = ends.pop(0) if ends else 0
        environ = self._environ() | environ
        if words[0] != "backbeat":
            self._last = _of_others(words, self._scene.folder, environ)
        elif goes_on(words[1:]) and wanted == 0:
            self._last_going = Going(words[1:], self._scene.folder, environ)
            self._going.append(self._last_going)
            lines = self._last_going.wait_for(is_up)
            return [] if is_up(lines) else [f"did not come up: {lines[-5:]}"]
        elif words[1] == "psql":  # it prints by itself
            self._last = Going(words[1:], self._scene.folder, environ).stop(interrupt=False)
        else:
            self._last = typed(words[1:], self._scene.folder, environ)
        if self._last.status != wanted:
            return [f"ended with status {self._last.status}, not {wanted}: {self._last.lines[-8:]}"]
        return []

    def _used(self, step: Step) -> list[str]:
        text = self._in_place(step.text)
        if step.language == "toml":
            path = self._scene.folder / "page.toml"
            path.write_text(text, encoding="utf-8")
            told = typed(["settings", "--config", str(path)], self._scene.folder, self._environ())
            return [] if told.status == 0 else [f"is refused as settings: {told.lines[-3:]}"]
        if step.language == "sql":
            return _executed(text, self._scene.database_url)
        if step.language == "text":  # a figure
            return []
        return [f"nothing is known of blocks in {step.language}"]

    def _in_place(self, text: str) -> str:
        for word, other in self._stage.stand_ins.items():
            if word in text:
                text = text.replace(word, other.format_map(self._scene.words))
        return text


def begins(text: str, beginnings: Mapping[str, T]) -> T | None:
    """Return what is said of the longest beginning of a text; None where nothing is."""
    found = max((each for each in beginnings if text.startswith(each)), key=len, default=None)
    return None if found is None else beginnings[found]


def assigned(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return what a command assigns in front, and its words."""
    environ = {}
    while words and words[0].partition("=")[0].isupper() and "=" in words[0]:
        name, _, value = words[0].partition("=")
        environ[name] = value
        words = words[1:]
    return environ, words


def spelt_out(words: list[str]) -> list[str]:
    """Return ``make run`` as what it runs, and the program by its name."""
    if words[:2] == ["make", "run"]:
        given, _ = assigned(words[2:])
        return ["backbeat", "up", *shlex.split(given.get("ARGS", ""))]
    return [words[0].removeprefix(".venv/bin/"), *words[1:]]


def goes_on(words: list[str]) -> bool:
    """Say whether a verb goes on until Ctrl-C."""
    if words[:2] == ["jobs", "run"]:
        return words[2:3] == [] or words[2].startswith("--")
    return (words[0] in GO_ON and END_WITH.isdisjoint(words)) or "--serve" in words or "--watch" in words


def is_up(lines: list[str]) -> bool:
    """Say whether a verb that goes on has come to where it is to be."""
    return any(line.startswith(("Ctrl-C drains", "serving ", "So far equal", "●")) for line in lines)


def _executed(text: str, url: str) -> list[str]:
    with psycopg.connect(url, autocommit=True) as session:
        for statement in text.split(";"):
            try:
                session.execute(statement.encode())
            except psycopg.Error as error:
                return [f"{statement.strip()!r} fails: {error}"]
    return []


def _of_others(words: list[str], folder: Path, environ: Mapping[str, str]) -> Printed:
    program = shutil.which(words[0])
    if program is None:
        return Printed(127, [f"there is no {words[0]}"])
    done = subprocess.run(
        [program, *words[1:]],
        cwd=folder,
        env={**os.environ, **environ, **TERMINAL},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Printed(done.returncode, seen(done.stdout + done.stderr))
