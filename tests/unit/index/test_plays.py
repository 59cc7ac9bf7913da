from datetime import datetime

import pytest

from backbeat.chain.model import Block, Play
from backbeat.index import plays

BLOCK = Block("dev", 500, "bb500", datetime(2026, 1, 2, 3, 4, 5), (), 0)  # noqa: DTZ001 - blocks carry naive UTC


def a_play(user_id: str = "", track_id: str = "2000001", played_at: datetime | None = None) -> Play:
    return Play(user_id, track_id, played_at, "0x", "", "", "")


@pytest.mark.parametrize(
    ("wire", "stored"),
    [("3000002", 3000002), ("", None), ("0x" + "a" * 40, None), ("99999999999", None), ("1.5", None), ("x", None)],
)
def test_s16_only_a_32_bit_integer_is_a_listener(wire: str, stored: int | None) -> None:
    [row] = plays.rows(BLOCK, (a_play(user_id=wire),))
    assert row is not None
    assert (row[1], row[3]) == (stored, 500)


def test_s17_a_play_of_something_that_is_no_track_id_gives_no_row() -> None:
    rows = list(plays.rows(BLOCK, tuple(a_play(track_id=each) for each in ("abc", "2000001", "12345678901", "٣"))))
    assert [row[0] if row else None for row in rows] == [None, 2000001, None, None]


def test_s22_a_play_without_a_time_happened_when_its_block_did() -> None:
    [row] = plays.rows(BLOCK, (a_play(),))
    assert row is not None
    assert row[2] == BLOCK.time


def test_a_nul_character_never_reaches_the_database() -> None:
    [row] = plays.rows(BLOCK, (Play("", "1", None, "a\x00b", "\x00", "r", "c"),))
    assert row is not None
    assert (row[4], row[5]) == ("ab", "")
