"""How a sound transaction is spoilt: its bytes, its metadata, its ids and names, its signature, its plays."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from google.protobuf.message import DecodeError
from worst.act import OTHER, OWNER, PLAYLIST, TRACK
from worst.acts import ACTS, KEYS, act, keys_of, run_up, wire_name, wrapped

from backbeat.chain.proto import core_pb2
from backbeat.index.entities import ROUTES
from builders.chain import WALLETS, play, plays

Signed = core_pb2.SignedTransaction

PAIRS = sorted("/".join(pair) for pair in ROUTES)
TEXTS = [
    *("", "A", "\x00", "a\x00b", "é", "e\u0301" * 40, "😀" * 50, "x" * 300, "x" * 6_000, "2030-01-01", "P8mWR", "rap"),
    *("explicit", "US", "Song", "Track", "FanClub", "-", "???", "\u202e", "ﷺ" * 30, "İ" * 20, "1e999", "NaN", "null"),
]
NUMBERS = [
    *(0, 1, -1, 199, OWNER, OTHER, TRACK, PLAYLIST, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63 - 1, 2**63, 2**64),
    *(10**30, 1.5, -0.0, 1e308, 5e-324, 1e22),
]
IDS = [0, 1, -1, OWNER, OTHER, TRACK, PLAYLIST, 2**31 - 1, 2**31, -(2**63), 2**63 - 1, 400_000, 2_000_000, 3_000_000]
INNER_KEYS = [
    *("track_ids", "track", "track_id", "time", "timestamp", "metadata_time", "tracks", "parent_track_id", "price"),
    *("usdc_purchase", "splits", "follow_user_id", "user_id", "percentage", "is_mobile_user", "referrer", "data"),
]
LITERALS = ["\\ud800", "\\u0000", "1e400", "9" * 400, "{}", "[[[[", "null", "true", ",", '"', "\\", "}", "NaN", "-"]
SPLICE_MAX = 40  # bytes


def any_transaction(draw: Random) -> Signed | None:
    """Return a transaction, mutated more often than not; None where the mutation left nothing that can be served."""
    is_plays = draw.random() < 0.15  # most of a real chain, but they say little
    made = plays(*[_play(draw) for _ in range(draw.choice([0, 1, 2, 13]))]) if is_plays else _entity(draw)
    for _ in range(draw.choice([0, 1, 1, 2, 3])):
        mutated = draw.choice(MUTATIONS)(made, draw)
        if mutated is None:
            return None
        made = mutated
    return made


def _entity(draw: Random) -> Signed:
    pair = draw.choice(PAIRS)
    fresh = draw.randrange(10**6)
    entity_id = ACTS[pair].entity_id + (fresh if pair.endswith("/Create") else 0)
    payload = {draw.choice(keys_of(pair)): _value(draw, 3) for _ in range(draw.choice([0, 0, 1, 1, 2, 4]))}
    made = draw.choice([*run_up(pair), act(pair, payload, entity_id=entity_id)])
    if pair == "User/Create":
        made.manage_entity.user_id = entity_id
        _sign(made, draw.randrange(1, 10))
    return made


def _value(draw: Random, depth: int) -> Any:
    kind = draw.randrange(7 if depth else 4)
    if kind < 2:
        return draw.choice(TEXTS)
    if kind == 2:
        return draw.choice(NUMBERS)
    if kind == 3:
        return draw.choice([None, True, False])
    inner = [_value(draw, depth - 1) for _ in range(draw.choice([0, 1, 2, 5]))]
    return inner if kind == 4 else {draw.choice(INNER_KEYS): each for each in inner}


def _play(draw: Random) -> core_pb2.TrackPlay:
    ids = [*map(str, IDS), "", "0x12", "1.5", "x" * 300, "٣", "\x00", " 1", "1" * 400]
    made = play(draw.choice(ids), draw.choice(ids), None, country=draw.choice(TEXTS))
    made.city, made.region, made.signature = (draw.choice(TEXTS) for _ in range(3))
    if draw.random() < 0.8:
        made.timestamp.seconds = draw.choice([0, 1_767_323_045, -1, -(2**40), 2**40, 253_402_300_799, 2**62])
        made.timestamp.nanos = draw.choice([0, 1, 999_999_999, -1, 2**31 - 1])
    return made


def spoil_bytes(made: Signed, draw: Random) -> Signed | None:
    """Overwrite, cut out, repeat or insert a few bytes of the wire form."""
    raw = bytearray(made.SerializeToString())
    at = draw.randrange(len(raw) + 1)
    length = draw.randrange(SPLICE_MAX)
    found = raw[at : at + length]
    raw[at : at + length] = draw.choice([b"", found * 2, draw.randbytes(length), draw.randbytes(1), found[::-1]])
    try:
        return Signed.FromString(bytes(raw))
    except DecodeError:
        return None


def spoil_metadata(made: Signed, draw: Random) -> Signed:
    """Overwrite a piece of the text, or a value in it, and sign that."""
    wire = made.manage_entity
    text = wire.metadata if isinstance(wire.metadata, str) else ""
    at = draw.randrange(len(text) + 1)
    wire.metadata = draw.choice(
        [
            text[:at] + draw.choice(LITERALS) + text[at + draw.randrange(5) :],
            text[:at],
            json.dumps(_value(draw, 4)),
            wrapped({draw.choice(KEYS[draw.choice(list(KEYS))]): _value(draw, 4) for _ in range(6)}),
            draw.choice(TEXTS),
        ]
    )
    return _sign(made, _key_for(wire.user_id, draw))


def spoil_ids(made: Signed, draw: Random) -> Signed:
    """Name another user, thing, type or action."""
    wire = made.manage_entity
    if draw.random() < 0.5:
        wire.user_id = draw.choice(IDS)
    if draw.random() < 0.5:
        wire.entity_id = draw.choice(IDS)
    if draw.random() < 0.3:
        wire.entity_type, wire.action = wire_name(draw.choice(PAIRS)).split("/")
    if draw.random() < 0.1:
        wire.entity_type = draw.choice(TEXTS)
    return _sign(made, _key_for(wire.user_id, draw))


def spoil_signature(made: Signed, draw: Random) -> Signed:
    """Claim another signer, break the signature, or sign with another's key."""
    wire = made.manage_entity
    signature = wire.signature if isinstance(wire.signature, str) else ""
    wire.signature = draw.choice(
        ["", "0x", "0x" + "00" * 65, "0x" + draw.randbytes(65).hex(), signature[:-2], signature * 2, "é"]
    )
    if draw.random() < 0.5:
        wire.signer = draw.choice([*(wallet.address for wallet in WALLETS.values()), "", "0x", "x" * 6_000, "\x00"])
    return made


def _key_for(user_id: int, draw: Random) -> int:
    """Return the user's own wallet mostly."""
    own = {OWNER: 1, OTHER: 2}.get(user_id)
    return own if own and draw.random() < 0.9 else draw.randrange(1, 10)


def _sign(made: Signed, key: int) -> Signed:
    """Sign what is said now, unless it cannot be signed."""
    wire = made.manage_entity
    try:
        wire.signature = WALLETS[key].sign(
            wire.user_id, wire.entity_type, wire.entity_id, wire.action, wire.metadata, wire.nonce
        )
    except (ValueError, OverflowError, TypeError, AttributeError):  # negative ids, bytes that are no text
        return made
    wire.signer = WALLETS[key].address
    return made


Mutation = Callable[[Signed, Random], Signed | None]
MUTATIONS: list[Mutation] = [spoil_bytes, spoil_metadata, spoil_metadata, spoil_ids, spoil_signature]
