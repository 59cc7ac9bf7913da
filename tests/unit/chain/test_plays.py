from typing import Any

import pytest

from backbeat.chain.model import Play
from backbeat.chain.proto import core_pb2
from builders.reading import Reads


def decoded(reads: Reads, **wire: Any) -> Play:
    given = {"track_id": "2000001", **wire}
    [play] = reads.signed(core_pb2.SignedTransaction(plays={"plays": [given]})).plays
    return play


@pytest.mark.parametrize(
    ("wire", "listener"),
    [("3000002", 3000002), ("", None), ("0x" + "a" * 40, None), ("99999999999", None), ("1.5", None), ("x", None)],
)
def test_s16_only_a_32_bit_integer_is_a_listener(reads: Reads, wire: str, listener: int | None) -> None:
    assert decoded(reads, user_id=wire).user_id == listener


@pytest.mark.parametrize("wire", ["abc", "12345678901", "2147483648", "\u0663", "1\x00", ""])
def test_s17_other_text_is_no_track_id(reads: Reads, wire: str) -> None:
    assert decoded(reads, track_id=wire).track_id is None


@pytest.mark.parametrize(("track_ids", "refused"), [((), False), (("1", "2"), False), (("1", "x", "2"), True)])
def test_a_transaction_says_whether_a_play_names_no_track(
    reads: Reads, track_ids: tuple[str, ...], refused: bool
) -> None:
    wire = core_pb2.TrackPlays(plays=[core_pb2.TrackPlay(track_id=track_id) for track_id in track_ids])
    assert reads.signed(core_pb2.SignedTransaction(plays=wire)).has_plays_to_refuse is refused


def test_the_smallest_and_the_greatest_id(reads: Reads) -> None:
    assert [decoded(reads, track_id=wire).track_id for wire in ("-2147483648", "2147483647")] == [-(2**31), 2**31 - 1]


def test_a_nul_character_is_left_out(reads: Reads) -> None:
    play = decoded(reads, signature="a\x00b", city="\x00", region="r")
    assert (play.signature, play.city, play.region) == ("ab", "", "r")


@pytest.mark.parametrize(
    ("sent", "said", "taken"),
    [
        (5_007, {"track_id": "1", "city": "somewhere far"}, 5_000),
        (5_000, {"track_id": "1"}, 1_562),  # five bytes each
        (100, {"track_id": "1"}, 31),
        (11, {"track_id": "1"}, 10),
        (200, {"track_id": "2000001", "user_id": "3000001"}, 200),
    ],
)
def test_plays_behind_the_most_that_are_taken_are_counted(
    reads: Reads, sent: int, said: dict[str, Any], taken: int
) -> None:
    wire = core_pb2.TrackPlays(plays=[core_pb2.TrackPlay(**said)] * sent)
    decoded = reads.signed(core_pb2.SignedTransaction(plays=wire))
    assert (len(decoded.plays), decoded.plays_beyond) == (taken, sent - taken)
    assert decoded.has_plays_to_refuse is (sent > taken)


def test_long_texts_of_plays_are_cut(reads: Reads) -> None:
    long = "é" * 4_000
    play = decoded(reads, city=long, region="r", country=long, signature=long)
    assert (play.city, play.region, play.country, play.signature) == ("é" * 200, "r", "é" * 200, "é" * 200)
