"""Lists fit the terminal: by what matters least, never by folding, and whole where nothing bounds them."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from backbeat.cli.listing import CELL_MAX, Listing

AT = datetime(2026, 11, 30, 22, 15, 1, tzinfo=UTC)
HEADINGS = ("Job", "State", "Started", "Rows", "Error")
ROWS = [
    ("trending.tracks", "fresh", AT, "1,234", "nothing of note happened in this run, which is told at length"),
    ("user_listening_history", "late", None, "7", ""),
]


def lines(width: int, rows: list[tuple[object, ...]] = ROWS) -> list[str]:  # type: ignore[assignment]  # narrower
    out = io.StringIO()
    listing = Listing(HEADINGS, rows, right=("Rows",), drop=("Rows", "Started"), cut=("Error",))  # type: ignore[arg-type]  # as above
    Console(file=out, width=width, highlight=False).print(listing)
    return out.getvalue().splitlines()


def test_where_there_is_room_all_is_shown_with_full_times() -> None:
    told = lines(200)
    assert told[0].split() == [*HEADINGS]
    assert "2026-11-30 22:15:01" in told[2]
    assert told[2].rstrip().endswith("which is told at length")
    assert len(told) == 4


@pytest.mark.parametrize("width", [120, 80, 60, 40])
def test_no_line_is_wider_than_the_terminal_and_no_record_takes_two(width: int) -> None:
    told = lines(width)
    assert all(len(line) <= width for line in told)
    assert [line.split()[0] for line in told[2:4]] == ["trending.tracks", "user_listening_history"]
    assert len(told) <= 5


def test_times_go_first_then_columns_then_the_ends_of_texts() -> None:
    assert "11-30 22:15" in lines(117)[2]
    narrow = lines(60)
    assert "Started" not in narrow[0]
    assert narrow[-1] == "--wide shows Rows, Started as well."
    assert narrow[2].rstrip().endswith("…")


def test_a_cell_is_bounded_and_holds_no_line_end_however_wide_the_line_may_be() -> None:
    told = lines(100_000, [("a", "b\nc", AT, "1", "x" * 1_000)])
    assert len(told) == 3
    assert "b c" in told[2]
    assert len(told[2]) < CELL_MAX + 100
