"""The reader of plays in C beside its reference: what it reads, what it hands back, that both agree on any bytes."""

import sys
from hashlib import sha256
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from depth import at_depth
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from backbeat.chain.ahead import Ahead
from backbeat.chain.model import Block, Transaction
from backbeat.chain.native import ReadPlays, installed_reader, reader_of
from backbeat.chain.proto import core_pb2
from backbeat.errors import ChainDataError
from builders.chain import ListSource
from builders.reading import Reads

EXAMPLES = settings(max_examples=at_depth(30, 60, 10_000), deadline=None)
REFERENCE = Reads()


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def part(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


HEAD = core_pb2.Block(height=7, hash="ab" * 32, chain_id="dev", timestamp={"seconds": 1_767_323_045})
PLAY = core_pb2.TrackPlay(
    user_id="3000001",
    track_id="2000001",
    timestamp={"seconds": 1_767_323_045, "nanos": 123_456_789},
    signature="0xsigned",
    city="Nîmes",
    region="Occitanie",
    country="France",
).SerializeToString()


def signed_of(*plays: bytes) -> bytes:
    return part(1, b"s") + part(2, b"r") + part(1000, b"".join(part(1, play) for play in plays))


def block_of(*transactions: bytes) -> core_pb2.Block:
    return core_pb2.Block.FromString(HEAD.SerializeToString() + b"".join(part(6, each) for each in transactions))


def read(read_plays: ReadPlays, block: core_pb2.Block, *, check_hashes: bool = True) -> list[Transaction | None] | None:
    return read_plays(block.SerializeToString(), len(block.transactions), check_hashes)


@pytest.mark.parametrize(
    "play",
    [
        PLAY,
        b"",
        part(2, b"5"),
        part(1, b"0x" + b"a" * 40) + part(2, b"+00002147483"),
        part(1, b"-2147483648") + part(2, b"-0"),
        part(2, b"1") + part(3, b""),
        part(2, b"1") + part(3, b"\x10\x01"),
        part(2, b"x") + part(7, "\U0001f3b5".encode() * 50),
        part(4, b"s" * 200),
    ],
)
@pytest.mark.parametrize("check_hashes", [True, False])
def test_a_play_in_the_usual_encoding_is_read(read_plays: ReadPlays, play: bytes, check_hashes: bool) -> None:
    served = block_of(part(2, signed_of(play)), part(2, part(1000, b"")), part(2, signed_of(play, PLAY)))
    expected = REFERENCE.block(served)
    for transaction, decoded in zip(served.transactions, expected.transactions, strict=True):
        transaction.hash, transaction.height, transaction.block_hash = decoded.hash.lower(), 7, "x"
    assert read(read_plays, served, check_hashes=check_hashes) == list(expected.transactions)


LONG_TAG = b"\x92\x00"  # of the field 2 of a play, a byte longer than need be
SHORT = part(2, b"1")
HASHED = part(1, b"a" * 64)


@pytest.mark.parametrize(
    "transaction",
    [
        *(
            part(2, signed_of(play))
            for play in (
                part(5, b"\xff"),
                part(1, "٣".encode()),
                part(4, b"a\0"),
                part(5, b"a" * 201),
                part(3, b"\x08" + b"\xff" * 9 + b"\x01"),
                part(3, b"\x08" + varint(253_402_300_800)),
                part(3, b"\x10" + varint(1_000_000_000)),
                part(3, b"\x18\x01"),
                part(9, b"unknown"),
            )
        ),
        part(2, signed_of(*[SHORT] * 11)),
        part(2, part(1000, part(1, PLAY)) + part(2001, b"unknown")),
        part(2, part(1003, part(2, b"Track"))),
        part(2, b""),
        part(7, b""),
        HASHED + part(2, signed_of(PLAY)),
        part(1, b"ab") + part(2, signed_of(PLAY)),
    ],
)
def test_all_else_is_handed_back_by_itself(read_plays: ReadPlays, transaction: bytes) -> None:
    good = part(2, signed_of(PLAY))
    first, other, last = read(read_plays, block_of(good, transaction, good)) or []
    assert first is not None
    assert (other, last) == (None, first)


@pytest.mark.parametrize(
    "transaction",
    [
        part(2, signed_of(PLAY)) + part(2, b""),
        part(2, part(1000, part(1, SHORT)) + part(1, b"s")),
        part(2, part(1000, part(1, SHORT)) + part(1000, part(1, SHORT))),
        part(2, part(1, b"") + part(1000, part(1, SHORT))),
        part(2, signed_of(SHORT + part(1, b"1"))),
        part(2, signed_of(SHORT + SHORT)),
        part(2, signed_of(LONG_TAG + part(2, b"1")[1:])),
        part(2, signed_of(SHORT + part(4, b""))),
        part(2, signed_of(SHORT + part(3, b"\x08\x81\x00"))),
        part(2, signed_of(SHORT + part(3, b"\x08\x00"))),
        part(2, signed_of(SHORT + part(3, b"\x10\x01\x08\x01"))),
        part(2, signed_of(PLAY))[:-1],
        b"\x0b\x0c" + part(2, signed_of(PLAY)),
    ],
)
def test_no_other_encoding_is_read(read_plays: ReadPlays, transaction: bytes) -> None:
    assert read_plays(part(6, transaction), 1, True) == [None]


@pytest.mark.parametrize(
    ("block", "count"),
    [
        (part(6, b""), 2),
        (part(6, b"") * 2, 1),
        (b"\x0b\x0c" + part(6, b""), 1),
        (part(6, b"") + b"\x32", 1),
        (b"\x32\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 1),
        (b"\x02\x00", 0),
        (b"", 2**62),
    ],
)
def test_a_block_that_is_not_understood_is_handed_back_whole(read_plays: ReadPlays, block: bytes, count: int) -> None:
    assert read_plays(block, count, True) is None


def test_what_cannot_be_passed_raises(native: ModuleType, read_plays: ReadPlays) -> None:
    with pytest.raises(ValueError, match="count"):
        read_plays(b"", -1, True)
    with pytest.raises(TypeError):
        native.read_plays(b"", 0, True)
    with pytest.raises(TypeError):
        read_plays("text", 0, True)  # type: ignore[arg-type] # the mistake under test


@pytest.mark.parametrize("name", ["transaction", "play", "instant", "sha256"])
def test_an_error_in_what_is_called_is_raised(read_plays: ReadPlays, name: str) -> None:
    def fails(*_: object) -> object:
        raise MemoryError

    with pytest.raises(MemoryError):
        read_plays(part(6, part(2, signed_of(PLAY, PLAY))), 1, True, **{name: fails})


def test_a_reader_of_another_version_is_not_used() -> None:
    assert reader_of(ModuleType("absent")) is None
    assert reader_of(SimpleNamespace(INTERFACE=0)) is None  # type: ignore[arg-type] # stands for a module


TEXTS = st.one_of(
    st.sampled_from([b"", b"1", b"2000001", b"-5", b"x", b"\xff", b"a\0b", "é".encode() * 101, b"s" * 130]),
    st.text(max_size=5).map(str.encode),
    st.binary(max_size=5),
)
NUMBERS = st.one_of(st.integers(0, 300), st.integers(0, 2**64 - 1))
TIMES = st.lists(st.tuples(st.sampled_from([b"\x08", b"\x10", b"\x18"]), NUMBERS), max_size=3).map(
    lambda said: b"".join(tag + varint(value) for tag, value in said)
)
FIELDS = st.one_of(st.builds(part, st.sampled_from([1, 2, 4, 5, 6, 7, 8]), TEXTS), st.builds(part, st.just(3), TIMES))
PLAYS = st.one_of(st.just(PLAY), st.lists(FIELDS, max_size=7).map(b"".join))
LISTS = st.lists(PLAYS, max_size=12).map(lambda plays: b"".join(part(1, play) for play in plays))
SIGNED = st.lists(
    st.one_of(st.builds(part, st.just(1000), LISTS), st.builds(part, st.sampled_from([1, 2, 1003, 1008, 2001]), TEXTS)),
    max_size=3,
).map(b"".join)
TRANSACTIONS = st.one_of(
    st.lists(PLAYS, max_size=3).map(lambda plays: part(2, signed_of(*plays))),
    st.lists(st.one_of(st.builds(part, st.just(2), SIGNED), st.builds(part, st.integers(1, 9), TEXTS)), max_size=3).map(
        b"".join
    ),
)
BLOCKS = st.lists(TRANSACTIONS, max_size=4).map(lambda given: b"".join(part(6, each) for each in given))


def mutated(data: bytes, random: Random) -> bytes:
    """Set, cut, double or insert bytes at some places."""
    out = bytearray(data)
    for _ in range(random.randint(1, 3)):
        at, size = random.randrange(len(out) + 1), random.randint(1, 8)
        byte = random.choice((0, 1, 10, 18, 26, 50, 127, 128, 255, random.randrange(256)))
        out[at : at + random.choice((0, 1, size))] = random.choice((b"", bytes([byte]), out[at : at + size] * 2))
    return bytes(out)


def outcome(reads: Reads, block: core_pb2.Block, **how: Any) -> Block | tuple[str, str]:
    try:
        return reads.block(block, **how)
    except ChainDataError as refused:
        return refused.code, refused.message


def agree(read_plays: ReadPlays, sent: bytes, *, check_hashes: bool) -> None:
    """Both readers make the same of a block; what is read of bytes that no protobuf encoded again is right as well."""
    try:
        served = core_pb2.Block.FromString(sent)
    except DecodeError:
        read_plays(sent, 3, check_hashes)
        return
    expected = outcome(REFERENCE, served, check_hashes=check_hashes)
    assert outcome(Reads(read_plays), served, check_hashes=check_hashes) == expected
    found = read_plays(sent, len(served.transactions), check_hashes)
    if isinstance(expected, Block):
        for read, right in zip(found or (), expected.transactions, strict=found is not None):
            assert read in (None, right)


@EXAMPLES
@given(BLOCKS, st.booleans())
def test_both_readers_agree_on_any_block(read_plays: ReadPlays, block: bytes, check_hashes: bool) -> None:
    agree(read_plays, HEAD.SerializeToString() + block, check_hashes=check_hashes)


@pytest.mark.parametrize("check_hashes", [True, False])
def test_both_readers_agree_on_blocks_whose_bytes_were_changed(read_plays: ReadPlays, check_hashes: bool) -> None:
    random = Random(44)
    whole = block_of(*(part(2, signed_of(*[PLAY] * plays)) for plays in (1, 2, 0)), part(2, part(1003, part(2, b"T"))))
    for transaction in whole.transactions[:2]:
        transaction.hash = sha256(transaction.transaction.SerializeToString()).hexdigest().upper()
    small = block_of(part(2, part(1000, part(1, SHORT) * 3)), part(2, part(1, b"s")) + part(2, part(1000, b"")))
    for sent in (whole.SerializeToString(), small.SerializeToString()):
        agree(read_plays, sent, check_hashes=check_hashes)
        for _ in range(at_depth(500, 2_000, 500_000)):
            agree(read_plays, mutated(sent, random), check_hashes=check_hashes)


@EXAMPLES
@given(st.binary(max_size=300), st.integers(0, 5))
def test_any_bytes_at_all_do_no_harm(read_plays: ReadPlays, sent: bytes, count: int) -> None:
    read_plays(sent, count, True)
    read_plays(part(6, part(2, part(1000, part(1, sent)))), 1, True)


def test_without_the_package_no_reader_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "backbeat_native", None)
    assert installed_reader() is None


def test_the_reader_that_is_installed_is_the_packages(monkeypatch: pytest.MonkeyPatch, native: ModuleType) -> None:
    package = ModuleType("backbeat_native")
    package._plays = native  # type: ignore[attr-defined] # as an import sets it
    monkeypatch.setitem(sys.modules, "backbeat_native", package)
    reader = installed_reader()
    assert reader is not None
    assert read(reader, block_of(part(2, signed_of(PLAY)))) != [None]


async def test_blocks_fetched_ahead_are_decoded_by_the_reader_that_is_given(read_plays: ReadPlays) -> None:
    seen = []

    def counted(block: bytes, count: int, check_hashes: bool) -> list[Transaction | None] | None:
        seen.append(check_hashes)
        return read_plays(block, count, check_hashes)

    chain = [[core_pb2.SignedTransaction.FromString(signed_of(PLAY))]] * 3
    ahead = Ahead(ListSource(chain), 0, verifier=None, bytes_max=10_000_000, check_hashes=False, read_plays=counted)
    blocks = [block for _ in chain for block in await ahead.take(blocks_max=1, bytes_max=1)]
    await ahead.close()
    assert seen == [False] * 3
    assert blocks == [REFERENCE.block(block) for block in ListSource(chain).chain]
