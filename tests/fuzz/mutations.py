"""How a sound transaction is spoilt: payload, ids and names before it is signed, bytes and signature behind."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from google.protobuf.message import DecodeError
from worst.act import OTHER, OWNER, PLAYLIST, TRACK
from worst.acts import ACTS, KEYS, act, keys_of, wire_name, wrapped

from backbeat.chain.proto import core_pb2
from backbeat.index.entities import ROUTES
from builders.chain import WALLETS, play, plays
from fuzz.people import USERS

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
TEXT_CHARACTERS_MAX = 6_000
LIST_MAX = 200


def any_plays(draw: Random) -> Signed:
    """Return plays, some of which are none."""
    return plays(*[_play(draw) for _ in range(draw.choice([0, 1, 2, 13]))])


def any_entity(draw: Random) -> Signed:
    """Return a transaction of any wire pair, or one that comes before it, with a payload that is right or nearly so."""
    pair = draw.choice(PAIRS)
    said = draw.choice([*ACTS[pair].before, pair])
    if said != pair:
        return act(said)
    return act(pair, {draw.choice(keys_of(pair)): _value(draw, 3) for _ in range(draw.choice([0, 0, 1, 1, 2, 4]))})


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


def spoil_metadata(made: Signed, draw: Random) -> None:
    """Overwrite a piece of the text, or all of it."""
    wire = made.manage_entity
    text = wire.metadata
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


def spoil_payload(made: Signed, draw: Random) -> None:
    """Change one value somewhere in a payload that can be read, and leave the rest as it is."""
    try:
        body = json.loads(made.manage_entity.metadata)
    except ValueError:
        return
    places = list(_places(body))
    if places:
        within, key = draw.choice(places)
        _change(within, key, draw)
        made.manage_entity.metadata = json.dumps(body, separators=(",", ":"))


def _places(body: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every object or list in a document with each of its keys or places."""
    keys = list(body) if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ()
    for key in keys:
        yield body, key
        yield from _places(body[key])


def _change(within: Any, key: Any, draw: Random) -> None:
    value, way = within[key], draw.randrange(5)
    if way == 0:
        del within[key]
    elif way == 1 and isinstance(value, int):
        within[key] = value + draw.choice([-1, 1])
    elif way == 2 and isinstance(value, str):
        within[key] = (value * draw.choice([2, 40]))[:TEXT_CHARACTERS_MAX] or "x"
    elif way == 3 and isinstance(within, list):
        within.extend(within[: LIST_MAX - len(within)])
    else:
        within[key] = _value(draw, 3)


def spoil_ids(made: Signed, draw: Random) -> None:
    """Name another user, thing, type or action."""
    wire = made.manage_entity
    if draw.random() < 0.5:
        wire.user_id = draw.choice([*IDS, *USERS])
    if draw.random() < 0.5:
        wire.entity_id = draw.choice(IDS)
    if draw.random() < 0.3:
        wire.entity_type, wire.action = wire_name(draw.choice(PAIRS)).split("/")
    if draw.random() < 0.1:
        wire.entity_type = draw.choice(TEXTS)


def spoil_bytes(made: Signed, draw: Random) -> Signed | None:
    """Overwrite, cut out, repeat or insert a few bytes of the wire form; None if no node could serve what is left."""
    raw = bytearray(made.SerializeToString())
    at = draw.randrange(len(raw) + 1)
    length = draw.randrange(SPLICE_MAX)
    found = raw[at : at + length]
    raw[at : at + length] = draw.choice([b"", found * 2, draw.randbytes(length), draw.randbytes(1), found[::-1]])
    try:
        return Signed.FromString(bytes(raw))
    except DecodeError:
        return None


def spoil_signature(made: Signed, draw: Random) -> Signed:
    """Claim another signer, or break the signature."""
    wire = made.manage_entity
    signature = wire.signature
    wire.signature = draw.choice(
        ["", "0x", "0x" + "00" * 65, "0x" + draw.randbytes(65).hex(), signature[:-2], signature * 2, "é"]
    )
    if draw.random() < 0.5:
        wire.signer = draw.choice([*(wallet.address for wallet in WALLETS.values()), "", "0x", "x" * 6_000, "\x00"])
    return made


SAID: list[Callable[[Signed, Random], None]] = [spoil_metadata, spoil_payload, spoil_payload, spoil_ids]
"""Ways to spoil what is said, before it is signed."""

SENT: list[Callable[[Signed, Random], Signed | None]] = [spoil_bytes, spoil_signature]
"""Ways to spoil what is sent."""
