"""The reader of blocks in C beside its reference: what it reads, what it hands back, that both agree on any bytes."""

import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest
from depth import at_depth
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from backbeat.chain.ahead import Ahead
from backbeat.chain.decode import decode_block
from backbeat.chain.model import Block, Kind, ManageEntity, Play, Transaction
from backbeat.chain.native import NativeReader, installed_reader, reader_of
from backbeat.chain.networks import NETWORKS
from backbeat.chain.packed import PackedPlays, pack
from backbeat.chain.play_times import PlayTimes
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Signer, Verifier
from backbeat.errors import ChainDataError
from builders.chain import ListSource
from builders.reading import BLOCK_SECONDS, Reads, as_heard

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


HEAD = core_pb2.Block(height=7, hash="ab" * 32, chain_id="dev", timestamp={"seconds": BLOCK_SECONDS})
TIME = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - block times are naive UTC
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


def read_bytes(
    native_reader: NativeReader, sent: bytes, count: int, *, check_hashes: bool = True
) -> Sequence[Transaction | None] | None:
    """Return what is read of a block, plays as objects."""
    read = native_reader.read(sent, count, check_hashes=check_hashes, height=7, time=TIME, make_entity=ManageEntity)
    return read and [each and msgspec.structs.replace(each, plays=tuple(each.plays)) for each in read]


def read(
    native_reader: NativeReader, block: core_pb2.Block, *, check_hashes: bool = True
) -> Sequence[Transaction | None] | None:
    return read_bytes(native_reader, block.SerializeToString(), len(block.transactions), check_hashes=check_hashes)


@pytest.mark.parametrize(
    "play",
    [
        PLAY,
        part(2, b"5"),
        part(1, b"0x" + b"a" * 40) + part(2, b"+00002147483"),
        part(1, b"-2147483648") + part(2, b"-0"),
        part(2, b"1") + part(3, b""),
        part(2, b"1") + part(3, b"\x10\x01"),
        part(2, b"7") + part(7, "\U0001f3b5".encode() * 50),
        part(2, b"1") + part(4, b"s" * 200),
    ],
)
@pytest.mark.parametrize("check_hashes", [True, False])
def test_a_play_in_the_usual_encoding_is_read(native_reader: NativeReader, play: bytes, check_hashes: bool) -> None:
    served = block_of(part(2, signed_of(play)), part(2, part(1000, b"")), part(2, signed_of(play, PLAY)))
    expected = REFERENCE.block(served)
    for transaction, decoded in zip(served.transactions, expected.transactions, strict=True):
        transaction.hash, transaction.height, transaction.block_hash = decoded.hash.lower(), 7, "x"
    assert read(native_reader, served, check_hashes=check_hashes) == list(expected.transactions)


NO_TEXTS = (
    b"\xff",
    b"\x80",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xed\xa0\x80",
    b"\xf0\x8f\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xe3\x81",
    b"\xc3(",
    b"\xe3\x81(",
)
LONG_TAG = b"\x92\x00"  # of the field 2 of a play, a byte longer than need be
SHORT = part(2, b"1")
HASHED = part(1, b"a" * 64)


@pytest.mark.parametrize(
    "transaction",
    [
        *(
            part(2, signed_of(play))
            for play in (
                b"",
                part(2, b"x"),
                *(SHORT + part(5, text) for text in NO_TEXTS),
                part(1, "٣".encode()),
                SHORT + part(4, b"a\0"),
                SHORT + part(5, b"a" * 201),
                SHORT + part(3, b"\x08" + b"\xff" * 9 + b"\x01"),
                SHORT + part(3, b"\x08" + varint(253_402_300_800)),
                SHORT + part(3, b"\x10" + varint(1_000_000_000)),
                SHORT + part(3, b"\x18\x01"),
                SHORT + part(9, b"unknown"),
            )
        ),
        part(2, signed_of(*[SHORT] * 11)),
        part(2, part(1000, part(1, PLAY)) + part(2001, b"unknown")),
        part(2, part(1003, part(2, b"\xff"))),
        part(2, part(1003, b"\x08" + b"\xff" * 9 + b"\x01")),
        part(2, part(1003, part(9, b"unknown"))),
        part(2, part(1999, b"unknown")),
        part(2, b""),
        part(7, b""),
        HASHED + part(2, signed_of(PLAY)),
        part(1, b"ab") + part(2, signed_of(PLAY)),
    ],
)
def test_all_else_is_handed_back_by_itself(native_reader: NativeReader, transaction: bytes) -> None:
    good = part(2, signed_of(PLAY))
    first, other, last = read(native_reader, block_of(good, transaction, good)) or []
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
def test_no_other_encoding_is_read(native_reader: NativeReader, transaction: bytes) -> None:
    assert read_bytes(native_reader, part(6, transaction), 1) == [None]


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
def test_a_block_that_is_not_understood_is_handed_back_whole(
    native_reader: NativeReader, block: bytes, count: int
) -> None:
    assert read_bytes(native_reader, block, count) is None


ENTITY = core_pb2.ManageEntityLegacy(
    user_id=3_000_001,
    entity_type="Track",
    entity_id=2**62,
    action="Create",
    metadata='{"title": "Nîmes"}',
    signature="0xsigned",
    signer="0x" + "aB" * 20,
    nonce="0x1",
).SerializeToString()


@pytest.mark.parametrize("entity", [ENTITY, b"", part(2, b"a\0"), part(5, "\U0001f3b5".encode()), b"\x18\x01"])
def test_an_entity_transaction_in_the_usual_encoding_is_read(native_reader: NativeReader, entity: bytes) -> None:
    served = block_of(part(2, part(1, b"s") + part(1003, entity)))
    assert read(native_reader, served) == list(REFERENCE.block(served).transactions)


def test_who_signed_is_recovered_as_by_the_reference(native_reader: NativeReader) -> None:
    network = NETWORKS["dev"]
    signer = Signer(b"\x07" * 32, network)
    said: dict[str, Any] = {
        "user_id": 3_000_001,
        "entity_type": "Track",
        "entity_id": 5,
        "action": "Create",
        "metadata": "{}",
    }
    nonce = "0x" + "05" * 32
    signed = core_pb2.ManageEntityLegacy(
        **said, signature=signer.sign(**said, nonce=nonce), signer=signer.address, nonce=nonce
    )
    served = block_of(*(part(2, part(1003, each)) for each in (signed.SerializeToString(), ENTITY)))
    expected = REFERENCE.block(served, Verifier(network))
    assert Reads(native_reader).block(served, Verifier(network)) == expected
    assert [each.entity and each.entity.recovered for each in expected.transactions] == [signer.address.lower(), None]


@pytest.mark.parametrize("case", list(core_pb2.SignedTransaction.DESCRIPTOR.oneofs_by_name["transaction"].fields))
def test_every_case_that_has_a_kind_is_read(native_reader: NativeReader, case: FieldDescriptor) -> None:
    served = block_of(part(2, part(2, b"r") + part(case.number, b"")))
    [transaction] = read(native_reader, served) or [None]
    assert transaction is not None
    assert transaction.kind is not Kind.UNKNOWN
    assert [transaction] == list(REFERENCE.block(served).transactions)


def test_rows_of_plays_are_those_of_the_reference(native_reader: NativeReader) -> None:
    plays = [PLAY, SHORT, part(1, b"-5") + part(2, b"-2147483648") + part(3, b"\x08\x01") + part(6, "é".encode() * 100)]
    served = block_of(part(2, signed_of(*plays)), part(2, part(1000, b"")), part(2, signed_of(PLAY)))
    times = PlayTimes(TIME)
    expected = decode_block(served, None).transactions
    for each, right in zip(decode_block(served, None, native=native_reader).transactions, expected, strict=True):
        rows = [pack(play, 7, times.of(play.played_at)) for play in right.plays]
        assert each.plays == PackedPlays(b"".join(rows), tuple(play.track_id or 0 for play in right.plays))
        assert len(each.plays) == len(right.plays)


def test_rows_get_their_ids_in_order(native_reader: NativeReader) -> None:
    served = block_of(part(2, signed_of(PLAY, SHORT)), part(2, signed_of(SHORT)))
    packed = [each.plays for each in decode_block(served, None, native=native_reader).transactions]
    rows = [each.rows for each in packed if isinstance(each, PackedPlays)]
    numbered = native_reader.number_rows(rows, 2**31 - 3)
    unnumbered, ids = b"".join(rows), [2**31 - 3, 2**31 - 2, 2**31 - 1]
    assert len(numbered) == len(unnumbered)
    assert [numbered[at + 6 : at + 10] for at in starts(unnumbered)] == [number.to_bytes(4, "big") for number in ids]
    assert native_reader.number_rows([], 1) == b""
    for wrong in (2**31 - 2, -1):
        with pytest.raises(ValueError, match="no rows"):
            native_reader.number_rows(rows, wrong)


def starts(rows: bytes) -> list[int]:
    mark = pack(Play(None, 1, None, "", "", "", ""), 1, TIME)[:19]
    return [found.start() for found in re.finditer(re.escape(mark), rows)]


def test_what_are_no_rows_is_not_numbered(native_reader: NativeReader) -> None:
    row = pack(Play(1, 2, None, "signed", "", "", "France"), 7, TIME)
    wrong = [row[:at] for at in range(1, len(row))]
    wrong += [row + b"\0", b"\0\x0b" + row[2:], row[:5] + b"\x05" + row[6:], row[:-10] + b"\x7f" + row[-9:]]
    for each in wrong:
        with pytest.raises(ValueError, match="no rows"):
            native_reader.number_rows([row, each], 1)
    with pytest.raises(TypeError):
        native_reader.number_rows([row, "text"], 1)  # type: ignore[list-item] # the mistake under test


def test_what_cannot_be_passed_raises(native: ModuleType, native_reader: NativeReader) -> None:
    with pytest.raises(ValueError, match="count"):
        read_bytes(native_reader, b"", -1)
    with pytest.raises(TypeError):
        native.read_block(b"", 0, True)
    with pytest.raises(TypeError):
        read_bytes(native_reader, "text", 0)  # type: ignore[arg-type] # the mistake under test


@pytest.mark.parametrize("name", ["transaction", "plays", "sha256"])
def test_an_error_in_what_is_called_is_raised(native: ModuleType, name: str) -> None:
    def fails(*_: object) -> object:
        raise MemoryError

    for sent in (signed_of(PLAY, PLAY), part(1003, ENTITY), part(1008, b"")):
        if name == "plays" and sent != signed_of(PLAY, PLAY):
            continue
        with pytest.raises(MemoryError):
            read_bytes(NativeReader(native, **{name: fails}), part(6, part(2, sent)), 1)


def test_an_error_in_making_an_entity_is_raised(native_reader: NativeReader) -> None:
    def fails(*_: object) -> ManageEntity:
        raise MemoryError

    with pytest.raises(MemoryError):
        native_reader.read(
            part(6, part(2, part(1003, ENTITY))), 1, check_hashes=True, height=7, time=TIME, make_entity=fails
        )


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
ENTITY_FIELDS = st.one_of(
    st.builds(part, st.integers(1, 9), TEXTS),
    st.builds(lambda number, value: varint(number << 3) + varint(value), st.sampled_from([1, 3, 4]), NUMBERS),
)
ENTITIES = st.one_of(st.just(ENTITY), st.lists(ENTITY_FIELDS, max_size=8).map(b"".join))
SIGNED = st.lists(
    st.one_of(
        st.builds(part, st.just(1000), LISTS),
        st.builds(part, st.just(1003), ENTITIES),
        st.builds(part, st.sampled_from([1, 2, 1003, 1008, 2001]), TEXTS),
    ),
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


def agree(native_reader: NativeReader, sent: bytes, *, check_hashes: bool) -> None:
    """Both readers make the same of a block; what is read of bytes that no protobuf encoded again is right as well.

    Of other kinds than plays and entities it is what was sent, whatever protobuf would make of it.
    """
    try:
        served = core_pb2.Block.FromString(sent)
    except DecodeError:
        read_bytes(native_reader, sent, 3, check_hashes=check_hashes)
        return
    expected = outcome(REFERENCE, served, check_hashes=check_hashes)
    assert outcome(Reads(native_reader), served, check_hashes=check_hashes) == expected
    found = read_bytes(native_reader, sent, len(served.transactions), check_hashes=check_hashes)
    if isinstance(expected, Block) and expected.time == TIME and expected.height == 7:
        for read, right in zip(found or (), expected.transactions, strict=found is not None):
            assert read in (None, right) or right.kind not in {Kind.PLAYS, Kind.MANAGE_ENTITY}


@EXAMPLES
@given(BLOCKS, st.booleans())
def test_both_readers_agree_on_any_block(native_reader: NativeReader, block: bytes, check_hashes: bool) -> None:
    agree(native_reader, HEAD.SerializeToString() + block, check_hashes=check_hashes)


@pytest.mark.parametrize("check_hashes", [True, False])
def test_both_readers_agree_on_blocks_whose_bytes_were_changed(native_reader: NativeReader, check_hashes: bool) -> None:
    random = Random(44)
    whole = block_of(
        *(part(2, signed_of(*[PLAY] * plays)) for plays in (1, 2, 0)),
        part(2, part(1003, ENTITY)),
        part(2, part(1007, b"")),
    )
    for transaction in whole.transactions[:2]:
        transaction.hash = sha256(transaction.transaction.SerializeToString()).hexdigest().upper()
    small = block_of(part(2, part(1000, part(1, SHORT) * 3)), part(2, part(1, b"s")) + part(2, part(1000, b"")))
    for sent in (whole.SerializeToString(), small.SerializeToString()):
        agree(native_reader, sent, check_hashes=check_hashes)
        for _ in range(at_depth(500, 2_000, 500_000)):
            agree(native_reader, mutated(sent, random), check_hashes=check_hashes)


@EXAMPLES
@given(st.binary(max_size=300), st.integers(0, 5))
def test_any_bytes_at_all_do_no_harm(native_reader: NativeReader, sent: bytes, count: int) -> None:
    read_bytes(native_reader, sent, count)
    for wrapped in (part(1000, part(1, sent)), part(1000, sent), part(1003, sent), sent):
        read_bytes(native_reader, part(6, part(2, wrapped)), 1)
    with suppress(ValueError):
        native_reader.number_rows([sent, sent], count)


def test_without_the_package_no_reader_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "backbeat_native", None)
    assert installed_reader() is None


def test_the_reader_that_is_installed_is_the_packages(monkeypatch: pytest.MonkeyPatch, native: ModuleType) -> None:
    package = ModuleType("backbeat_native")
    package._blocks = native  # type: ignore[attr-defined] # as an import sets it
    monkeypatch.setitem(sys.modules, "backbeat_native", package)
    reader = installed_reader()
    assert reader is not None
    assert read(reader, block_of(part(2, signed_of(PLAY)))) != [None]


async def test_blocks_fetched_ahead_are_decoded_by_the_reader_that_is_given(native_reader: NativeReader) -> None:
    chain = [[core_pb2.SignedTransaction.FromString(signed_of(PLAY))]] * 3
    ahead = Ahead(ListSource(chain), 0, verifier=None, bytes_max=10_000_000, native=native_reader)
    blocks = [block for _ in chain for block in await ahead.take(blocks_max=1, bytes_max=1)]
    await ahead.close()
    assert [type(each.plays) for block in blocks for each in block.transactions] == [PackedPlays] * 3
    assert [as_heard(block) for block in blocks] == [REFERENCE.block(block) for block in ListSource(chain).chain]
