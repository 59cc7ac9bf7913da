"""Plays on the wire: ids are text there, and a place or signature may hold what no text column can (section 3.1)."""

import re
from typing import Final

import msgspec

from backbeat.chain.instants import to_datetime
from backbeat.chain.model import Play
from backbeat.chain.proto import core_pb2

INT4_MAX: Final = 2**31 - 1
_DIGITS_SURE: Final = 10  # fewer digits always fit
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,11}")
_NOT_TEXT: Final[type] = bytes  # what protobuf returns for a string that is not UTF-8


def decode_plays(plays: core_pb2.TrackPlays, raw: bytes) -> tuple[Play, ...]:
    """Return the plays of the transaction whose bytes are ``raw``; raises UnicodeError where a text is not UTF-8."""
    decoded = [_decode_play(play) for play in plays.plays]
    return tuple(map(_without_nul, decoded) if b"\0" in raw else decoded)


def _decode_play(play: core_pb2.TrackPlay) -> Play:
    user_id, track_id, signature = play.user_id, play.track_id, play.signature
    city, region, country = play.city, play.region, play.country
    if _NOT_TEXT in (type(user_id), type(track_id), type(signature), type(city), type(region), type(country)):
        raise UnicodeError
    return Play(
        None if user_id.startswith("0x") else _int4(user_id),
        _int4(track_id),
        to_datetime(play.timestamp) if play.HasField("timestamp") else None,
        signature,
        city,
        region,
        country,
    )


def _int4(text: str) -> int | None:
    if len(text) < _DIGITS_SURE and text.isascii() and text.isdecimal():  # almost always
        return int(text)
    if not _DECIMAL.fullmatch(text):
        return None
    number = int(text)
    return number if -INT4_MAX - 1 <= number <= INT4_MAX else None


def _without_nul(play: Play) -> Play:
    texts = {name: getattr(play, name).replace("\0", "") for name in ("signature", "city", "region", "country")}
    return msgspec.structs.replace(play, **texts)
