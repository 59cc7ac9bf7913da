"""Instants of the chain as naive UTC."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - block and play times are naive UTC throughout
_SECONDS_MIN: Final = -62_135_596_800  # year 1, as protobuf bounds a Timestamp
_SECONDS_MAX: Final = 253_402_300_799  # year 9999
_NANOS_END: Final = 1_000_000_000
_INSTANTS_KEPT: Final = 4096  # the plays of a block fall into a few seconds


def to_datetime(timestamp: Timestamp) -> datetime | None:
    """Return naive UTC, cut to microseconds; None for an instant that protobuf does not allow."""
    return instant(timestamp.seconds, timestamp.nanos)


@lru_cache(_INSTANTS_KEPT)
def instant(seconds: int, nanos: int) -> datetime | None:
    """Return naive UTC of a Timestamp's two fields, as :func:`to_datetime` does."""
    if _SECONDS_MIN <= seconds <= _SECONDS_MAX and 0 <= nanos < _NANOS_END:
        return _EPOCH + timedelta(0, seconds, nanos // 1000)
    return None
