"""Rows of two states beside each other, paired by what they are known by."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

import msgspec

from backbeat.digest.answers import ROWS_MAX, FoundRow, FoundRows

Value = str | None

CHANGED = "changed"
ONLY_HERE = "only here"
ONLY_THERE = "only there"


class RowDifference(msgspec.Struct, frozen=True):
    """A row that two states do not have alike."""

    how: str
    """Changed, only here, only there; a row that is there twice is once too many."""
    row: Mapping[str, Value]
    """What it is known by; values are cut short."""
    columns: Mapping[str, tuple[Value, Value]]
    """The values that differ, here and there."""


def paired(here: FoundRows, there: FoundRows) -> tuple[list[RowDifference], bool]:
    """Return the rows that differ, and whether both sides had told all of theirs."""
    sides = (here, there)
    cut = [side.rows[-1].place for side in sides if len(side.rows) == ROWS_MAX]
    upto = min(cut, default="")
    mine, others = (_by_place([row for row in side.rows if not cut or row.place < upto]) for side in sides)
    places = sorted(mine.keys() | others.keys())
    return [found for place in places for found in _differing(here, mine[place], others[place])], not cut


def _by_place(rows: Sequence[FoundRow]) -> defaultdict[str, list[FoundRow]]:
    found = defaultdict[str, list[FoundRow]](list)
    for row in rows:
        found[row.place].append(row)
    return found


def _differing(told: FoundRows, mine: Sequence[FoundRow], others: Sequence[FoundRow]) -> Iterator[RowDifference]:
    """Yield what differs among rows of one place: those that only one side has, in pairs as far as that goes."""
    for one, other in zip_longest(_without(mine, others), _without(others, mine)):
        yield _difference(told, one, other)


def _without(rows: Sequence[FoundRow], others: Sequence[FoundRow]) -> list[FoundRow]:
    left = Counter(row.hash for row in rows) - Counter(row.hash for row in others)
    by_hash = {row.hash: row for row in rows}
    return [by_hash[each] for each in sorted(left.elements())]


def _difference(told: FoundRows, one: FoundRow | None, other: FoundRow | None) -> RowDifference:
    either = one or other
    assert either is not None  # noqa: S101 - the longer of two lists
    texts = dict(zip(told.columns, either.texts, strict=True))
    row = {name: texts[name] for name in told.names}
    if one is None or other is None:
        alone: dict[str, tuple[Value, Value]] = {
            name: (text if one else None, text if other else None) for name, text in texts.items()
        }
        return RowDifference(ONLY_HERE if one else ONLY_THERE, row, alone)
    columns = {
        name: (one.texts[at], other.texts[at])
        for at, name in enumerate(told.columns)
        if one.hashes[at] != other.hashes[at]
    }
    return RowDifference(CHANGED, row, columns)
