"""From plays on the wire to rows of ``plays`` (domain: chain and entities, section 3.1)."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias

from backbeat.chain.model import Block, Play

INT4_MAX = 2**31 - 1
DIGITS_SURE = 10  # fewer digits always fit
DECIMAL = re.compile(r"[+-]?[0-9]{1,11}")


PlayRow: TypeAlias = tuple[int, int | None, datetime, int, str, str, str, str]
"""play_item_id, user_id, created_at, slot, signature, city, region, country: a row of ``plays`` but for its id and
source, which the sink gives, and ``updated_at``, which is left to the column's default. A bare tuple, because a
backlog makes millions of them."""


def rows(block: Block, plays: tuple[Play, ...]) -> Iterator[PlayRow | None]:
    """Yield a row for each play in order; None where the track id fits no column and the play cannot be kept."""
    for play in plays:
        item = _int4(play.track_id)
        if item is None:
            yield None
            continue
        yield (
            item,
            None if play.user_id.startswith("0x") else _int4(play.user_id),
            play.played_at or block.time,
            block.height,
            _storable(play.signature),
            _storable(play.city),
            _storable(play.region),
            _storable(play.country),
        )


def _int4(text: str) -> int | None:
    if len(text) < DIGITS_SURE and text.isascii() and text.isdecimal():  # almost always
        return int(text)
    if not DECIMAL.fullmatch(text):
        return None
    number = int(text)
    return number if -INT4_MAX - 1 <= number <= INT4_MAX else None


def _storable(text: str) -> str:
    return text.replace("\x00", "") if "\x00" in text else text
