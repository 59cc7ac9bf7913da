"""The signed header, against arithmetic of our own: Keccak, the curve and ECDSA written out (domain: 4.4, 1)."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest

from backbeat.derived.delists.authorization import authorization, delegate
from backbeat.errors import ConfigError

KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
NOW = datetime(2026, 5, 22, 12, 0, 0, 123999, tzinfo=UTC)
TEXT = "1779451200123"
SIGNED = (
    "0xa97d1e5f171043c8ab4bb7a35827053a28369ae6f174f8ccfb7517910556ff5d"
    "53ba45fe81c8c983989b3a15ef228c5fbb41fc117a57d5a08669e8142ea2f32c1b"
)

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
Point = tuple[int, int] | None
MASK = 2**64 - 1


def rotated(lane: int, bits: int) -> int:
    return ((lane << bits % 64) | (lane >> (64 - bits % 64))) & MASK


def permuted(lanes: list[list[int]]) -> list[list[int]]:
    lfsr = 1
    for _ in range(24):
        columns = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
        for x in range(5):
            for y in range(5):
                lanes[x][y] ^= columns[(x - 1) % 5] ^ rotated(columns[(x + 1) % 5], 1)
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], rotated(current, (step + 1) * (step + 2) // 2)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
        for bit in range(7):
            lfsr = ((lfsr << 1) ^ ((lfsr >> 7) * 0x71)) % 256
            if lfsr & 2:
                lanes[0][0] ^= 1 << ((1 << bit) - 1)
    return lanes


def keccak(data: bytes) -> bytes:
    """Return Keccak-256 of less than 136 bytes."""
    block = bytearray(data.ljust(136, b"\0"))
    block[len(data)] ^= 1
    block[-1] ^= 0x80
    words = [int.from_bytes(block[at : at + 8], "little") for at in range(0, 136, 8)] + [0] * 8
    lanes = permuted([[words[x + 5 * y] for y in range(5)] for x in range(5)])
    return b"".join(lanes[at][0].to_bytes(8, "little") for at in range(4))


def plus(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0] and (one[1] + other[1]) % P == 0:
        return None
    if one == other:
        slope = 3 * one[0] * one[0] * pow(2 * one[1], -1, P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, P)
    x = (slope * slope - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(factor: int, point: Point) -> Point:
    total: Point = None
    while factor:
        if factor & 1:
            total = plus(total, point)
        point, factor = plus(point, point), factor >> 1
    return total


def recovered(digest: bytes, signature: bytes) -> Point:
    """Return the public key that a signature of 65 bytes is of."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    y = pow(pow(r, 3, P) + 7, (P + 1) // 4, P)
    y = y if y % 2 == signature[64] - 27 else P - y
    inverse = pow(r, -1, N)
    at_r, at_g = times(s * inverse % N, (r, y)), times(-int.from_bytes(digest) * inverse % N, G)
    return plus(at_r, at_g)


def test_our_own_keccak_is_keccak() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def test_the_time_is_signed_as_a_personal_message_over_its_hash() -> None:
    header = authorization(delegate(KEY), NOW)
    text, signature = b64decode(header.removeprefix("Basic ")).decode().split(":")
    assert (text, header.startswith("Basic ")) == (TEXT, True)
    digest = keccak(b"\x19Ethereum Signed Message:\n32" + keccak(text.encode()))
    raw = bytes.fromhex(signature.removeprefix("0x"))
    public = times(int(KEY, 16), G)
    assert recovered(digest, raw) == public
    assert public is not None
    assert "0x" + keccak(public[0].to_bytes(32) + public[1].to_bytes(32))[-20:].hex() == ADDRESS.lower()
    assert int.from_bytes(raw[32:64]) <= N // 2  # what others refuse otherwise
    assert signature == SIGNED


@pytest.mark.parametrize("spelling", [KEY, f"0x{KEY}", KEY.upper(), f" {KEY}\n"])
def test_a_key_may_be_written_in_every_usual_way(spelling: str) -> None:
    assert delegate(spelling).address == ADDRESS


@pytest.mark.parametrize("text", ["", "0x", "x" * 64, KEY[:-2], KEY + "00", "0" * 64, "f" * 64, "ä" * 64])
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        delegate(text)
    assert raised.value.code == "delist_key_invalid"
    assert not text or text not in f"{raised.value} {raised.value.cure}"
