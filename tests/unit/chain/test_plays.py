from typing import Any

import pytest

from backbeat.chain.decode import decode_signed
from backbeat.chain.model import Play
from backbeat.chain.proto import core_pb2


def decoded(**wire: Any) -> Play:
    given = {"track_id": "2000001", **wire}
    [play] = decode_signed(core_pb2.SignedTransaction(plays={"plays": [given]}), None).plays
    return play


@pytest.mark.parametrize(
    ("wire", "listener"),
    [("3000002", 3000002), ("", None), ("0x" + "a" * 40, None), ("99999999999", None), ("1.5", None), ("x", None)],
)
def test_s16_only_a_32_bit_integer_is_a_listener(wire: str, listener: int | None) -> None:
    assert decoded(user_id=wire).user_id == listener


@pytest.mark.parametrize("wire", ["abc", "12345678901", "2147483648", "\u0663", "1\x00", ""])
def test_s17_other_text_is_no_track_id(wire: str) -> None:
    assert decoded(track_id=wire).track_id is None


@pytest.mark.parametrize(("track_ids", "refused"), [((), False), (("1", "2"), False), (("1", "x", "2"), True)])
def test_a_transaction_says_whether_a_play_names_no_track(track_ids: tuple[str, ...], refused: bool) -> None:
    wire = core_pb2.TrackPlays(plays=[core_pb2.TrackPlay(track_id=track_id) for track_id in track_ids])
    assert decode_signed(core_pb2.SignedTransaction(plays=wire), None).has_plays_to_refuse is refused


def test_the_smallest_and_the_greatest_id() -> None:
    assert [decoded(track_id=wire).track_id for wire in ("-2147483648", "2147483647")] == [-(2**31), 2**31 - 1]


def test_a_nul_character_is_left_out() -> None:
    play = decoded(signature="a\x00b", city="\x00", region="r")
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
def test_plays_behind_the_most_that_are_taken_are_counted(sent: int, said: dict[str, Any], taken: int) -> None:
    wire = core_pb2.TrackPlays(plays=[core_pb2.TrackPlay(**said)] * sent)
    decoded = decode_signed(core_pb2.SignedTransaction(plays=wire), None)
    assert (len(decoded.plays), decoded.plays_beyond) == (taken, sent - taken)
    assert decoded.has_plays_to_refuse is (sent > taken)


def test_long_texts_of_plays_are_cut() -> None:
    long = "é" * 4_000
    play = decoded(city=long, region="r", country=long, signature=long)
    assert (play.city, play.region, play.country, play.signature) == ("é" * 200, "r", "é" * 200, "é" * 200)
