"""What pages say in passing is so: options, settings, variables, names, targets, paths."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import Any

from pages.block import COMMAND, steps
from pages.playing import assigned, spelt_out
from typer.main import get_command

from backbeat.cli.main import app
from backbeat.cli.verbs import VERBS, load
from backbeat.jobs.catalog import JOBS
from backbeat.settings_layers import PREFIX, known_names

ROOT = Path(__file__).parents[2]
HISTORY = {"CHANGELOG.md"}  # tells of what was
PAGES = sorted({path for place in ("*.md", "docs/**/*.md", "src/**/*.md") for path in ROOT.glob(place)})
CONSIDERED = ("docs/decisions", "docs/measurements")  # tell of what was tried and not taken, too
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
FLAG = re.compile(r"^(--[a-z][a-z-]*)")
OF_OTHERS = {"--find-links"}  # of pip
NOT_OURS = {  # and whose
    "chat_allowed": "the network's, of which a page says that it is not made",
    "chat_blast_audience": "the same",
    "get_user_scores": "the same",
    "their_role": "an example",
}
SECTIONS = "|".join(sorted({name.partition(".")[0] for name in known_names() if "." in name}))
SETTING = re.compile(rf"^((?:{SECTIONS})\.[a-z_]+)(?: = .*|=.*)?$")
VARIABLE = re.compile(rf"\b({PREFIX}[A-Z0-9_]*[A-Z0-9])\b(?!_)")
NAME = re.compile(r"^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$")
TARGET = re.compile(r"^make ([a-z-]+)")
GENERATOR = re.compile(r"python -m ([a-z_]+)")
PATH = re.compile(r"^[\w.-]+/[\w./-]+\.(?:py|sql|md|toml|yml|svg|c|proto)$")
EXAMPLE = re.compile(r"[A-Z]{4,}")
FILES = ("*.*", "src/**/*.*", "tests/**/*.*", "docs/**/*.*", "native/**/*.*", "requirements/*.*")
WRITTEN = (
    *("src/**/*.py", "src/**/*.sql", "src/**/*.html", "src/**/*.js", "src/**/*.proto", "native/**/*.c"),
    *("native/**/*.py", "tests/**/*.py", "tests/**/*.sql", "Makefile", "pyproject.toml", "docs/reference/*.*"),
)


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def spans(page: Path) -> tuple[str, ...]:
    """Return what stands in backquotes on a page."""
    return tuple(" ".join(span.split()) for span in SPAN.findall(FENCED.sub("", text(page))))


def untrue(claims: Callable[[Path], Iterable[str]], *, without: tuple[str, ...] = ()) -> list[str]:
    """Return what pages claim and is not so, each with its page."""
    names = {page: page.relative_to(ROOT).as_posix() for page in PAGES}
    looked_at = [page for page, name in names.items() if name not in HISTORY and not name.startswith(without)]
    return sorted({f"{names[page]}: {claim}" for page in looked_at for claim in claims(page)})


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of every command that a page names, in a block or in passing."""
    named = [step.text for step in steps(text(page)) if not step.language and step.text]
    named += [span for span in spans(page) if COMMAND.match(span)]
    for command in named:
        try:
            words = assigned(shlex.split(command))[1]
        except ValueError:  # half of a quotation
            words = assigned(command.split())[1]
        if words:
            yield spelt_out(words)


def flags(command: Any) -> set[str]:
    """Return the options of a command and of those under it."""
    own = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    return own.union(*(flags(under) for under in getattr(command, "commands", {}).values()))


@cache
def everywhere() -> set[str]:
    """Return the options that every verb takes, before it or behind it."""
    return {flag for parameter in get_command(app).params for flag in parameter.opts} | {"--help"}


def unknown_flags(words: list[str]) -> Iterator[str]:
    """Yield the options of a command that the verb it names does not take."""
    words = list(takewhile(lambda word: word != "--", words))
    named = {verb.name for verb in VERBS}
    command = next((load(word) for word in words if word in named), None)
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    known = everywhere() | (flags(command) if command else set())
    yield from (flag[1] for word in words if (flag := FLAG.match(word)) and flag[1] not in known)


@cache
def words_of_the_source() -> frozenset[str]:
    """Return every word of the program, its tests and the reference that is made of it, and the names of files."""
    paths = {path for place in WRITTEN for path in ROOT.glob(place) if path.is_file()} - {Path(__file__)}
    words = {word for path in paths for word in re.findall(r"[A-Za-z0-9_-]+", text(path))}
    return frozenset(words | {path.stem for path in paths})


def test_every_option_of_a_command_exists() -> None:
    assert untrue(lambda page: _with_unknown_flags(commands(page))) == []


def _with_unknown_flags(named: Iterable[list[str]]) -> Iterator[str]:
    for words in named:
        if words[0] == "backbeat":
            yield from (f"{' '.join(words)}: {flag}" for flag in unknown_flags(words[1:]))


def test_an_option_that_a_verb_does_not_take_is_found() -> None:
    assert list(unknown_flags(["jobs", "pause", "--all", "--again", "--json"])) == ["--again"]
    assert list(unknown_flags(["audit", "--again", "--", "--what"])) == []


def test_every_option_that_is_named_alone_exists() -> None:
    """Of a verb, of a tool of the tests, or of another program."""
    known = everywhere().union(*(flags(load(verb.name)) for verb in VERBS)) | OF_OTHERS | words_of_the_source()

    def named(page: Path) -> set[str]:
        return {flag[1] for span in spans(page) if (flag := FLAG.match(span))}

    assert untrue(lambda page: named(page) - known) == []


def test_every_setting_that_is_named_exists() -> None:
    sources = {path for place in ("src/**/*.py", "src/**/*.sql") for path in ROOT.glob(place)}
    dotted = {word for path in sources for word in re.findall(r"\b[a-z_]+\.[a-z_]+\b", text(path))}
    known = set(known_names()) | {job.name for job in JOBS}

    def unknown(page: Path) -> Iterator[str]:
        for span in spans(page):
            named = SETTING.match(span)
            if named and named[1] not in known and not (named[1] == span and span in dotted | known):
                yield span

    assert untrue(lambda page: (each for each in unknown(page) if not each.endswith((".py", ".sql", ".c")))) == []


def test_every_variable_that_is_named_exists() -> None:
    known = {f"{PREFIX}{name.replace('.', '_').upper()}" for name in known_names()} | words_of_the_source()
    assert untrue(lambda page: set(VARIABLE.findall(text(page))) - known) == []


def test_every_name_of_the_program_exists() -> None:
    """Error codes, log events, metrics, tables, columns, functions: what is written with underscores."""

    def named(page: Path) -> set[str]:
        return {part for span in spans(page) for part in re.split(r"[.,() ]+", span) if NAME.match(part)}

    assert untrue(lambda page: named(page) - words_of_the_source() - NOT_OURS.keys(), without=CONSIDERED) == []


def test_every_target_and_generator_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    assert untrue(lambda page: {f[1] for span in spans(page) if (f := TARGET.match(span))} - targets) == []
    assert untrue(lambda page: (f for f in GENERATOR.findall(text(page)) if not _is_module(f))) == []


def _is_module(name: str) -> bool:
    is_ours = any((ROOT / "tests" / place).exists() for place in (f"{name}.py", f"{name}/__main__.py"))
    return is_ours or find_spec(name) is not None


def test_every_path_exists() -> None:
    """Written from whatever folder."""
    paths = {path.relative_to(ROOT).as_posix() for place in FILES for path in ROOT.glob(place)}
    ends = {"/".join(path.split("/")[at:]) for path in paths for at in range(path.count("/") + 1)}

    def missing(page: Path) -> Iterator[str]:
        named = (span for span in spans(page) if PATH.match(span) and not EXAMPLE.search(span))
        return (span for span in named if span not in ends)

    assert untrue(missing, without=CONSIDERED) == []
