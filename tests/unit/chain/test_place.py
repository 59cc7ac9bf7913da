from datetime import datetime

import pytest
from chain_blocks import START_SECONDS, make_block

from backbeat.chain.place import NOWHERE, Place, contradiction, is_chain_id, is_hash, place_of


def test_a_place_has_its_hash_in_lower_case_and_its_time() -> None:
    block = make_block(1)
    block.hash = "AB" * 32
    at = datetime.fromisoformat("2026-01-02 03:04:06")
    assert place_of(block) == Place(1, "ab" * 32, at)


def test_what_a_block_does_not_say_of_its_place_is_not_known() -> None:
    block = make_block(1)
    block.ClearField("timestamp")
    block.ClearField("hash")
    assert place_of(block) == Place(1, "", None)


@pytest.mark.parametrize(
    ("text", "seconds", "nanos", "said"),
    [
        ("cd" * 32, 1, 0, ""),
        ("cd" * 32, 0, 0, ""),
        ("ab" * 32, 1, 0, "the hash of block 7"),
        ("AB" * 32, 1, 0, "the hash of block 7"),
        ("cd" * 32, -1, 999_999_000, "before block 7 of 2026-01-02 03:04:05"),
        ("cd" * 32, -1, 0, "a block of 2026-01-02 03:04:04"),
        ("cd" * 32, 2**62, 0, ""),
    ],
)
def test_what_cannot_come_later(text: str, seconds: int, nanos: int, said: str) -> None:
    before = Place(7, "ab" * 32, datetime.fromisoformat("2026-01-02 03:04:05"))
    block = make_block(8)
    block.hash, block.timestamp.seconds, block.timestamp.nanos = text, START_SECONDS + seconds, nanos
    found = contradiction(before, place_of(block))
    assert said in found
    assert bool(said) is bool(found)


def test_where_hash_or_time_are_not_known_nothing_is_contradicted() -> None:
    block = make_block(8)
    assert contradiction(NOWHERE, place_of(block)) == ""
    assert contradiction(Place(7, ""), place_of(block)) == ""
    block.ClearField("timestamp")
    assert contradiction(Place(7, "ab" * 32, datetime.fromisoformat("2026-01-02 03:04:05")), place_of(block)) == ""


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("ab" * 32, True),
        ("AB" * 32, True),
        ("0" * 64, True),
        ("ab" * 31, False),
        ("ab" * 33, False),
        ("ag" * 32, False),
        ("ab" * 32 + "\n", False),
        (" " + "ab" * 32, False),
        ("\u0660" * 64, False),
        ("", False),
        (b"ab" * 32, False),
        (None, False),
    ],
)
def test_a_hash_is_64_hex_digits(text: object, ok: bool) -> None:
    assert is_hash(text) is ok


@pytest.mark.parametrize(
    ("text", "is_name"),
    [("audius-mainnet-alpha-beta", True), ("x" * 256, True), ("x" * 257, False), ("", False), (b"a", False)]
    + [(f"a{odd}b", False) for odd in "\0\n\x1b\u202e\ufffe"],
)
def test_a_chain_has_a_short_printable_name(text: str | bytes, is_name: bool) -> None:
    assert is_chain_id(text) is is_name
