"""Rows are paired by what they are known by."""

import pytest

from backbeat.digest.answers import ROWS_MAX, FoundRow, FoundRows
from backbeat.digest.rows import paired


def told(*rows: tuple[str, str]) -> FoundRows:
    found = (FoundRow(place, place + value, (place, value), (place, value)) for place, value in rows)
    return FoundRows(1, ("id", "name"), ("id",), tuple(found))


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ([("1", "a")], [("1", "a")], []),
        ([("1", "a")], [("1", "b")], [("changed", {"name": ("a", "b")})]),
        ([("1", "a")], [], [("only here", {"id": ("1", None), "name": ("a", None)})]),
        ([], [("1", "a")], [("only there", {"id": (None, "1"), "name": (None, "a")})]),
        ([("1", "a"), ("1", "a")], [("1", "a")], [("only here", {"id": ("1", None), "name": ("a", None)})]),
        (
            [("1", "a"), ("1", "b")],
            [("1", "b"), ("1", "c"), ("1", "d")],
            [("changed", {"name": ("a", "c")}), ("only there", {"id": (None, "1"), "name": (None, "d")})],
        ),
    ],
)
def test_pairs(
    here: list[tuple[str, str]], there: list[tuple[str, str]], expected: list[tuple[str, dict[str, object]]]
) -> None:
    found, is_whole = paired(told(*here), told(*there))
    assert [(row.how, row.columns) for row in found] == expected
    assert is_whole
    assert all(row.row == {"id": "1"} for row in found)


def test_behind_where_one_side_was_cut_nothing_is_said() -> None:
    many = [(f"{n:04}", "a") for n in range(ROWS_MAX)]
    found, is_whole = paired(told(*many), told(("0000", "a"), ("0003", "b"), ("9999", "a")))
    assert not is_whole
    assert len(found) == ROWS_MAX - 2
    assert {row.how for row in found} == {"changed", "only here"}
