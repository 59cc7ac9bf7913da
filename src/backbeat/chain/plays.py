"""Plays on the wire: ids are text there, and a place or signature may hold what no text column can (section 3.1)."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from backbeat.chain.instants import instant
from backbeat.chain.model import Play
from backbeat.chain.proto import core_pb2

PLAYS_MAX: Final = 5_000
"""Those behind are refused: of the smallest recorded ones, 170 bytes, 1,807 fill the largest transaction there is."""

PLAY_BYTES_MIN: Final = 16
"""A transaction has no more plays than this goes into its bytes: a row takes 110, and what names a track and a moment
has more."""

PLAYS_FREE: Final = 10  # however small they are

TEXT_CHARACTERS_MAX: Final = 200  # what is behind is cut off; the longest recorded, a signature, has 132
_MAX: Final = TEXT_CHARACTERS_MAX
INT4_MAX: Final = 2**31 - 1
_DIGITS_SURE: Final = 10  # fewer digits always fit
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,11}")
_LENGTH_MAX: Final = 12  # of what that matches; longer texts are not worth a place in the cache
_IDS_KEPT: Final = 2**16  # people hear the same tracks, and the same people hear them; some 10 MB


def decode_plays(sent: Sequence[core_pb2.TrackPlay], size_bytes: int) -> tuple[tuple[Play, ...], bool]:
    """Return those plays that a transaction of ``size_bytes`` may have, and whether each of them names a track.

    They are the first ``PLAYS_MAX`` at most. Raises UnicodeError for text that is not UTF-8.
    """
    if len(sent) > PLAYS_FREE:
        plays_max = min(PLAYS_MAX, max(PLAYS_FREE, size_bytes // PLAY_BYTES_MIN))
        sent = sent if len(sent) <= plays_max else sent[:plays_max]
    plays, name_tracks = [], True
    for play in sent:  # most of what a chain carries: no call for each
        user_id, track_id, signature = play.user_id, play.track_id, play.signature
        city, region, country = play.city, play.region, play.country
        try:
            texts = "".join((user_id, track_id, signature, city, region, country))  # noqa: FLY002 - must refuse bytes
        except TypeError:  # protobuf returns bytes for a string that is not UTF-8
            raise UnicodeError from None
        if "\0" in texts or len(signature) > _MAX or len(city) > _MAX or len(region) > _MAX or len(country) > _MAX:
            signature, city, region, country = (_storable(text) for text in (signature, city, region, country))
        heard = _int4(track_id) if len(track_id) <= _LENGTH_MAX else None
        if heard is None:
            name_tracks = False
        listener = _int4(user_id) if len(user_id) <= _LENGTH_MAX else None
        said = play.timestamp
        seconds, nanos = said.seconds, said.nanos
        played_at = instant(seconds, nanos) if seconds or nanos or play.HasField("timestamp") else None
        plays.append(Play(listener, heard, played_at, signature, city, region, country))
    return tuple(plays), name_tracks


def _storable(text: str) -> str:
    """Return what a text column can hold of ``text``: no NUL, and not too long."""
    return text.replace("\0", "")[:TEXT_CHARACTERS_MAX]


@lru_cache(_IDS_KEPT)
def _int4(text: str) -> int | None:
    if len(text) < _DIGITS_SURE and text.isascii() and text.isdecimal():  # almost always
        return int(text)
    if not _DECIMAL.fullmatch(text):
        return None
    number = int(text)
    return number if -INT4_MAX - 1 <= number <= INT4_MAX else None
