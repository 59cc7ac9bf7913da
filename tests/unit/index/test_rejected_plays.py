"""Which plays of a transaction are taken up again, and which message stands in front of another."""

from datetime import datetime

import msgspec

from backbeat.chain.model import Block, Kind, Play, Transaction
from backbeat.chain.networks import DEV
from backbeat.chain.signatures import Verifier
from backbeat.codes import Outcome
from backbeat.index.applied import NumberedBlock
from backbeat.index.reject import Code
from backbeat.index.rejected.picking import Refused
from backbeat.index.rejected.plays import Pieces, pieces
from backbeat.index.rejected.trying import read
from builders.chain import entity

AT = datetime(2026, 1, 2)  # noqa: DTZ001 - block times are naive UTC throughout
BEYOND, OUT_OF_RANGE = str(Code.TOO_MANY_PLAYS), str(Code.VALUE_OUT_OF_RANGE)


def refused(at: list[int], reasons: list[str], raw: bytes = b"", tx_index: int = 4) -> Refused:
    return Refused(
        chain_id="dev",
        chain=1,
        height=7,
        tx_index=tx_index,
        tx_hash="AA",
        block_time=AT,
        kind="plays",
        entity_type=None,
        action=None,
        play_indexes=at,
        reasons=reasons,
        raw=raw,
        block_hash="",
        block_number=None,
    )


def taken_up(tracks: list[int | None], beyond: int, **rows: str) -> Pieces:
    """Take up what ``rows`` say was refused (place: reason) of a transaction of plays of ``tracks`` and some behind."""
    plays = tuple(Play(None, track, None, "", "", "", "") for track in tracks)
    block = Block("dev", 7, "", AT, (Transaction("AA", Kind.PLAYS, b"", plays, None, beyond),), 0)
    places = [int(name.removeprefix("at_")) for name in rows]
    return pieces(refused(places, list(rows.values())), NumberedBlock(block, None, None, None, has_plays=True))


def tracks(found: Pieces) -> list[int | None]:
    return [play.track_id for each in found.applied.plays for _, play in each.heard()]


def test_the_plays_behind_the_old_number_are_taken() -> None:
    found = taken_up([1, 2, 3, None, 5], 2, at_2=BEYOND)
    assert tracks(found) == [3, 5]
    assert [(each.play_index, each.became) for each in found.tried] == [(2, Outcome.APPLIED)]
    still = [(each.tx_index, each.play_index, each.code, each.detail) for each in found.applied.rejections]
    assert still == [
        (4, 3, Code.VALUE_OUT_OF_RANGE, ""),
        (4, 5, Code.TOO_MANY_PLAYS, "2 plays behind the first 5"),
    ]


def test_where_no_more_are_taken_nothing_is() -> None:
    found = taken_up([1, 2], 5, at_2=BEYOND)
    assert (found.applied.plays, found.applied.rejections) == ([], [])
    assert [(each.became, each.code, each.field) for each in found.tried] == [(Outcome.REJECTED, BEYOND, "plays")]


def test_a_single_play_is_taken_once_its_track_is_known() -> None:
    found = taken_up([1, 2, None], 1, at_1=OUT_OF_RANGE, at_2=OUT_OF_RANGE)
    assert tracks(found) == [2]
    assert [(each.play_index, each.became, each.field) for each in found.tried] == [
        (1, Outcome.APPLIED, ""),
        (2, Outcome.REJECTED, "track_id"),
    ]
    assert found.applied.rejections == []


def test_what_is_no_transaction_of_plays_any_more_stays_refused() -> None:
    block = Block("dev", 7, "", AT, (Transaction("AA", Kind.UNKNOWN, b""),), 0)
    found = pieces(refused([0], [OUT_OF_RANGE]), NumberedBlock(block, None, None, None, has_plays=False))
    assert (found.applied.plays, [each.became for each in found.tried]) == ([], [Outcome.REJECTED])


def test_what_is_tried_together_ends_before_a_message_that_stands_in_it() -> None:
    first, second = (entity(1, 7, "User/Follow", 8, nonce=nonce) for nonce in (1, 2))
    again = entity(1, 7, "User/Follow", 8, nonce=1)
    again.request_id = "another"
    picked = [
        refused([-1], ["x"], signed.SerializeToString(), at) for at, signed in enumerate((first, second, again, first))
    ]
    tries = read(Verifier(DEV), picked)
    assert [each.refused.tx_index for each in tries] == [0, 1]
    assert all(each.message for each in tries)
    assert [each.refused.tx_index for each in read(None, picked)] == [0, 1, 2, 3]


def test_a_transaction_keeps_the_place_and_the_hash_that_it_had() -> None:
    raw = entity(1, 7, "User/Follow", 8).SerializeToString()
    [one] = read(None, [msgspec.structs.replace(refused([-1], ["x"], raw), block_hash="ab", block_number=3)])
    assert (one.transaction.hash, one.numbered.places, one.numbered.number) == ("AA", (4,), 3)
    assert (one.numbered.block.hash, one.numbered.block.time) == ("ab", AT)


def test_a_genesis_migration_is_read_as_one_where_the_network_has_it() -> None:
    inner = entity(1, 7, "User/Create", 7).manage_entity.SerializeToString()
    raw = b"\xa2\x3f" + bytes([len(inner) & 0x7F | 0x80, len(inner) >> 7]) + inner  # case 1012, which no file has
    picked = [refused([-1], ["x"], raw)]
    kinds = [read(None, picked, case)[0].transaction.kind for case in (0, 1012, 1013)]
    assert kinds == [Kind.UNKNOWN, Kind.MIGRATION, Kind.UNKNOWN]
