"""Ids: what fits a column, and the short text form that the network's public interfaces use (domain 4.3)."""

from functools import lru_cache

from hashids import Hashids

from backbeat.index.payload.metadata import INT4_MAX

PLAYLIST_ID_MIN = 400_000
TRACK_ID_MIN = 2_000_000
USER_ID_MIN = 3_000_000
"""Lower ids belong to the time before entity transactions: they can be updated, never created."""

HASHID_CHARACTERS_MAX = 7  # that of an int32; a number has one spelling
DECODED_KEPT = 2**14  # a list of 5,000 is read by what is wanted, by the handler and by its repetition; some 2 MB
DECIMAL_CHARACTERS_MAX = 10

_hashids = Hashids(salt="azowernasdfoia", min_length=5)


def encode_id(number: int) -> str:
    """Return the hashid of an id."""
    encoded: str = _hashids.encode(number)
    return encoded


def decode_id(text: str) -> int | None:
    """Return the id that a hashid or a decimal string stands for, None if it is neither or fits no row."""
    return _decoded(text) if len(text) <= DECIMAL_CHARACTERS_MAX else None


@lru_cache(DECODED_KEPT)
def _decoded(text: str) -> int | None:
    decoded: tuple[int, ...] = _hashids.decode(text) if len(text) <= HASHID_CHARACTERS_MAX else ()
    if len(decoded) == 1:
        number = decoded[0]
    elif text.isascii() and text.isdigit():
        number = int(text)
    else:
        return None
    return number if number <= INT4_MAX else None
