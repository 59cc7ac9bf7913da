"""Documentation, docstrings, comments and texts say who does what, in words of every day."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("*.md", "docs/**/*.md", "src/**/*.py", "src/**/*.sql", "src/**/*.html", "src/**/*.js", "Makefile")
AVOIDED = {  # and what to say instead
    "whoever": "name the role: the caller, the reader, the process that takes over",
    "whomever": "name the role",
    "whosoever": "name the role",
    "somebody": "name the role: a user, an operator, another process",
    "anew": "again",
    "lest": "otherwise",
    "there is none of": "unknown, or no such",
    "that there is none": "unknown, or no such",
    "of its own accord": "by itself",
    "without end": "for ever, or until what ends it",
}
KEPT = {  # a name; under another one the simulator would mix its transactions otherwise
    "src/backbeat/chain/simulator/mistakes.py": 'act("mistake: somebody else\'s key"',
}


def texts() -> list[Path]:
    found = {path for place in PLACES for path in ROOT.glob(place)}
    return sorted(found)


@pytest.mark.parametrize("avoided", AVOIDED)
def test_texts_avoid_the_word(avoided: str) -> None:
    word = _phrase(avoided)
    found = [f"{_name(path)}: {match[0]!r}" for path in texts() for match in word.finditer(_read(path))]
    assert not found, f"say instead: {AVOIDED[avoided]}"


def test_what_is_kept_is_there() -> None:
    for name, kept in KEPT.items():
        assert kept in (ROOT / name).read_text(encoding="utf-8")


def _phrase(words: str) -> re.Pattern[str]:
    """Return what finds the words, also where a line ends between them."""
    return re.compile(r"\b" + words.replace(" ", r"\s+") + r"\b", re.IGNORECASE)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace(KEPT.get(_name(path), "\0"), "")
