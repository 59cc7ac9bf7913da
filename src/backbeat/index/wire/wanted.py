"""Short ways to name what has to be loaded."""

from typing import Any

from backbeat.index.row import Row
from backbeat.index.state import IDENTITY, Key


def one(row: type[Row], *identity: Any) -> Key:
    """Name the current row of an identity."""
    return Key(row, IDENTITY, identity)


def every(row: type[Row], index: str, *value: Any) -> Key:
    """Name the rows whose index columns equal the value."""
    return Key(row, index, value)
