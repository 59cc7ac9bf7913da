"""Reads a Roaring bitmap in the portable format, as its specification has it."""

import struct

ARRAY_MAX = 4096


def roaring_set(data: bytes) -> set[int]:
    """Return the ids of a set without runs; fails where sizes or places do not fit."""
    cookie, size = struct.unpack_from("<II", data)
    assert cookie == 12346
    keys = [struct.unpack_from("<HH", data, 8 + 4 * n) for n in range(size)]
    places = [struct.unpack_from("<I", data, 8 + 4 * size + 4 * n)[0] for n in range(size)]
    found: set[int] = set()
    end = 8 + 8 * size
    for (high, last), place in zip(keys, places, strict=True):
        assert place == end
        if last + 1 <= ARRAY_MAX:
            lows = struct.unpack_from(f"<{last + 1}H", data, place)
            assert list(lows) == sorted(set(lows))
            end += 2 * (last + 1)
        else:
            bits = data[place : place + 8192]
            lows = tuple(n for n in range(65536) if bits[n >> 3] >> (n & 7) & 1)
            assert len(lows) == last + 1
            end += 8192
        found.update((high << 16) + low for low in lows)
    assert end == len(data)
    return found
