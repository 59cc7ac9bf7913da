from datetime import datetime
from hashlib import sha256

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from backbeat.chain.decode import decode_signed
from backbeat.chain.instants import to_datetime
from backbeat.chain.model import Kind, Play
from backbeat.chain.proto import core_pb2
from backbeat.errors import ChainDataError
from builders.reading import Reads

PLAYED_AT = 1_767_323_045  # 2026-01-02 03:04:05 UTC


def a_block(**header: object) -> core_pb2.Block:
    block = core_pb2.Block(height=500, hash=f"BB{500:062}", chain_id="dev")
    block.timestamp.seconds = PLAYED_AT
    for name, value in header.items():
        setattr(block, name, value)
    return block


def a_play(**fields: str) -> core_pb2.SignedTransaction:
    signed = core_pb2.SignedTransaction(signature="s", request_id="r")
    play = signed.plays.plays.add(user_id="1", track_id="2", signature="p", country="France", **fields)
    play.timestamp.seconds = PLAYED_AT
    return signed


def field(number: int, value: bytes) -> bytes:
    """Encode one length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def test_a_block_keeps_what_the_node_served(reads: Reads) -> None:
    served = a_block()
    of_play = sha256(a_play().SerializeToString()).hexdigest()
    served.transactions.add(hash=of_play, transaction=a_play())
    block = reads.block(served)
    assert (block.chain_id, block.height, block.time) == ("dev", 500, datetime.fromisoformat("2026-01-02 03:04:05"))
    assert block.size_bytes == len(served.SerializeToString())
    assert [(tx.hash, tx.kind) for tx in block.transactions] == [(of_play.upper(), Kind.PLAYS)]


def test_scenario_15_block_hash_is_stored_lower_case(reads: Reads) -> None:
    assert reads.block(a_block()).hash == f"bb{500:062}"


def test_a_block_may_be_as_old_as_the_first_instant_that_clocks_count_from(reads: Reads) -> None:
    served = a_block()
    served.timestamp.seconds = 0
    assert reads.block(served).time == datetime.fromisoformat("1970-01-01 00:00:00")
    served.timestamp.seconds = -1
    with pytest.raises(ChainDataError):
        reads.block(served)


def test_a_play(reads: Reads) -> None:
    signed = a_play(city="Nîmes")
    transaction = reads.signed(signed)
    played_at = datetime.fromisoformat("2026-01-02 03:04:05")
    assert transaction.plays == (Play(1, 2, played_at, "p", "Nîmes", "", "France"),)
    assert transaction.raw == signed.SerializeToString()
    assert transaction.hash == sha256(transaction.raw).hexdigest().upper()


def test_scenario_24_an_empty_list_of_plays_is_a_plays_transaction(reads: Reads) -> None:
    signed = core_pb2.SignedTransaction(plays=core_pb2.TrackPlays())
    transaction = reads.signed(signed)
    assert (transaction.kind, transaction.plays) == (Kind.PLAYS, ())


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in {Kind.UNKNOWN, Kind.MIGRATION}])
def test_every_case_has_its_kind(reads: Reads, kind: Kind) -> None:
    signed = core_pb2.SignedTransaction()
    getattr(signed, kind).SetInParent()
    assert reads.signed(signed).kind is kind


def test_scenario_10_unknown_case_and_v2_only_are_unknown(reads: Reads) -> None:
    served = a_block()
    newer = served.transactions.add()
    newer.transaction.ParseFromString(field(1, b"s") + field(2001, b"future"))
    served.transactions.add(hash="ff" * 32).transactionv2.SetInParent()
    served.transactions.add(transaction=a_play())
    unknown, only_v2, play = reads.block(served).transactions
    assert (unknown.kind, unknown.raw) == (Kind.UNKNOWN, field(1, b"s") + field(2001, b"future"))
    assert (only_v2.kind, only_v2.hash, only_v2.raw) == (Kind.UNKNOWN, "FF" * 32, b"")
    assert play.kind is Kind.PLAYS


@pytest.mark.parametrize("case", [1008, 1009, 1010])
def test_carried_cases_keep_fields_that_we_do_not_know(reads: Reads, case: int) -> None:
    raw = field(1, b"s") + field(case, field(7, b"inside") + field(900, b"more"))
    assert reads.signed(core_pb2.SignedTransaction.FromString(raw)).raw == raw


def test_text_that_is_not_utf8_spoils_its_transaction_only(reads: Reads) -> None:
    bad_play = field(1000, field(1, field(1, b"1") + field(5, b"\xff\xfe")))
    bad_entity = field(1003, field(5, b"\xc3\x28"))
    served = a_block()
    for raw in (bad_play, bad_entity, a_play().SerializeToString()):
        served.transactions.add(hash=sha256(raw).hexdigest().upper()).transaction.ParseFromString(raw)
    block = reads.block(core_pb2.Block.FromString(served.SerializeToString()))
    assert [tx.kind for tx in block.transactions] == [Kind.UNKNOWN, Kind.UNKNOWN, Kind.PLAYS]
    assert [tx.raw for tx in block.transactions[:2]] == [bad_play, bad_entity]


def test_a_hash_that_is_not_given_is_computed(reads: Reads) -> None:
    served = a_block()
    served.transactions.add(transaction=a_play())
    raw = a_play().SerializeToString()
    assert reads.block(served).transactions[0].hash == sha256(raw).hexdigest().upper()


OF_PLAY = sha256(a_play().SerializeToString()).hexdigest().upper()


@pytest.mark.parametrize(
    "given", [b"\xff", b"ab", OF_PLAY[:-1].encode() + b"0", b"0x" + OF_PLAY.encode(), OF_PLAY[:-1].encode()], ids=str
)
def test_a_transaction_under_a_hash_that_is_not_that_of_its_bytes_is_the_nodes_fault(
    reads: Reads, given: bytes
) -> None:
    served = a_block()
    served.transactions.add(transaction=a_play(), hash=OF_PLAY)
    served.transactions.append(
        core_pb2.Transaction.FromString(field(1, given) + field(2, a_play().SerializeToString()))
    )
    with pytest.raises(ChainDataError, match="height 500 was served with transaction 1") as refused:
        reads.block(served)
    assert refused.value.code == "transaction_hash_wrong"
    assert "chain.check_hashes" in refused.value.cure
    first, second = reads.block(served, check_hashes=False).transactions
    assert (first.kind, second.kind) == (Kind.PLAYS, Kind.PLAYS)


def test_the_hash_of_bytes_that_are_not_served_has_64_hex_digits_at_least(reads: Reads) -> None:
    served = a_block()
    served.transactions.add(hash="ff").transactionv2.SetInParent()
    with pytest.raises(ChainDataError, match="'ff'"):
        reads.block(served)


@pytest.mark.parametrize("seconds", [-(2**63), -62_135_596_801, 253_402_300_800, 2**63 - 1])
def test_absurd_play_times_are_absent(reads: Reads, seconds: int) -> None:
    signed = a_play()
    signed.plays.plays[0].timestamp.seconds = seconds
    is_heard_at(reads, signed, None)


def test_an_absent_play_time_is_absent(reads: Reads) -> None:
    signed = a_play()
    signed.plays.plays[0].ClearField("timestamp")
    is_heard_at(reads, signed, None)


def is_heard_at(reads: Reads, signed: core_pb2.SignedTransaction, said: datetime | None) -> None:
    """A play that does not say when is dated with its block."""
    assert [play.played_at for play in decode_signed(signed, None).plays] == [said]
    assert [play.played_at for play in reads.signed(signed).plays] == [said or to_datetime(a_block().timestamp)]


@pytest.mark.parametrize("nanos", [-1, 1_000_000_000])
def test_absurd_nanoseconds_are_no_time(nanos: int) -> None:
    served = a_block()
    served.timestamp.nanos = nanos
    assert to_datetime(served.timestamp) is None


@pytest.mark.parametrize(
    "header",
    [
        {"height": 0},
        {"height": -1},
        {"height": 2**31},
        {"hash": ""},
        {"hash": "a" * 63},
        {"hash": "a" * 65},
        {"hash": "0x" + "a" * 62},
        {"hash": "a" * 63 + "g"},
        {"hash": "a" * 64 + "\n"},
        {"chain_id": ""},
        {"chain_id": "a\0"},
    ],
    ids=str,
)
def test_a_header_that_is_none_is_refused(reads: Reads, header: dict[str, object]) -> None:
    with pytest.raises(ChainDataError) as refused:
        reads.block(a_block(**header))
    assert refused.value.code == "block_header_invalid"


def test_a_block_without_usable_time_is_refused(reads: Reads) -> None:
    served = a_block()
    for seconds in (2**62, -1, -62_135_596_800):
        served.timestamp.seconds = seconds
        with pytest.raises(ChainDataError):
            reads.block(served)
    served.ClearField("timestamp")
    with pytest.raises(ChainDataError):
        reads.block(served)


def as_served(*transaction: bytes) -> core_pb2.Block:
    """Return a block, parsed, whose only transaction has these fields, one after the other."""
    parsed = core_pb2.Block.FromString(a_block().SerializeToString() + field(6, b"".join(transaction)))
    parsed.transactions[0].hash = ""
    return parsed


def plays_of(*tracks: str) -> bytes:
    return field(1000, b"".join(field(1, field(2, track.encode())) for track in tracks))


@pytest.mark.parametrize(
    "served",
    [
        as_served(field(2, field(1, b"s") + plays_of("1")), field(2, plays_of("2", "3"))),
        as_served(field(2, field(1, b"old")), field(2, plays_of("1", "2") + plays_of("3") + field(1, b"s"))),
        as_served(field(2, field(1003, field(2, b"Track")) + plays_of("1", "2", "3")), field(2, field(1, b"s"))),
        as_served(b"\x92\x80\x00" + field(2, field(1, b"s") + plays_of("1", "2", "3"))[1:]),
    ],
    ids=["a transaction in two parts", "plays in two parts", "another case before", "a long tag"],
)
def test_parts_of_a_message_are_one_whose_bytes_are_those_of_the_usual_encoding(
    reads: Reads, served: core_pb2.Block
) -> None:
    usual = field(1, b"s") + plays_of("1", "2", "3")
    [transaction] = reads.block(served).transactions
    assert [play.track_id for play in transaction.plays] == [1, 2, 3]
    assert (transaction.raw, transaction.hash) == (usual, sha256(usual).hexdigest().upper())


PIECES = st.sampled_from(
    [
        *(field(1, text) for text in (b"s", b"other", b"")),
        field(2, b"request"),
        *(plays_of(*tracks) for tracks in ((), ("1",), ("2", "x"))),
        field(1000, field(1, field(3, b"\x08\x05") + field(2, b"7") + field(3, b"\x10\x09") + field(5, b"\xff"))),
        *(field(1003, field(2, b"Track") + field(4, action)) for action in (b"Create", b"Update", b"\xff")),
        field(1008, field(9, b"carried")),
        field(2001, b"of the future"),
        b"\x98\x7d\x81\x00",  # an unknown number, longer than it need be
    ]
)


@given(st.lists(st.lists(PIECES, max_size=5), min_size=1, max_size=3))
def test_a_transaction_in_any_parts_decodes_as_what_protobuf_makes_of_them(
    reads: Reads, parts: list[list[bytes]]
) -> None:
    served = as_served(*(field(2, b"".join(part)) for part in parts))
    whole = core_pb2.SignedTransaction.FromString(b"".join(piece for part in parts for piece in part))
    assert reads.block(served).transactions == (Reads().signed(whole),)


@given(st.binary(max_size=400))
def test_any_parseable_bytes_decode(reads: Reads, raw: bytes) -> None:
    try:
        signed = core_pb2.SignedTransaction.FromString(raw)
    except DecodeError:
        return
    assert reads.signed(signed).hash
