"""What a genesis migration carries besides the payload of an ordinary transaction (domain: chain and entities, 8.4)."""

from datetime import datetime

from backbeat.index.payload.dates import EPOCH, parse_iso_date
from backbeat.index.payload.metadata import Payload, boolean, text

CREATED_AT = "created_at"


def created_at(payload: Payload | None, block_time: datetime) -> datetime:
    """Return when what the payload carries was created, as naive UTC; the block's time where it does not say.

    A time that no row of an earlier chain can have, before 1970 or behind the block, says nothing.
    """
    carried = parse_iso_date(text(payload or {}, CREATED_AT))
    return carried if carried and EPOCH <= carried <= block_time else block_time


def carried_flag(payload: Payload, key: str) -> bool:
    """Return a state that the row had, false where it is not carried."""
    return boolean(payload, key) is True
