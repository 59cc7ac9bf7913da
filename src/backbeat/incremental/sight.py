"""How a glance asks about a feed: beside all others, in one statement (:mod:`backbeat.incremental.glance`)."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from psycopg import AsyncConnection
from psycopg.sql import SQL, Literal

VALUE = re.compile(r"%\((\w+)\)[sb]")

AFTER, NOW, PLACE = SQL("{after}"), SQL("{now}"), SQL("{place}")
"""What a probe leaves to the glance: from where on, what time it is, and which of its jobs it speaks of."""


class Kind(StrEnum):
    """Where positions are kept, and so which of them are asked about together."""

    STAMPS = "stamps"  # a probe answers the newest stamp above {after}
    CLOCKS = "clocks"  # a probe answers the newest instant above {after}, up to {now}
    CHANGES = "changes"  # ``asked`` is the stream
    SWEEPS = "sweeps"  # the position alone tells
    OWN = "own"  # a probe is a statement of its own, which answers {place} where there is news; it may read {now}
    ENTRIES = "entries"  # the same, of what waits in an index and is found by its first entry


class Sight(NamedTuple):
    """A feed's part of the question whether there is anything to do. Feeds with the same probe share it."""

    kind: Kind
    """Which feeds it is asked about with."""

    checkpoint: str
    """The position's name."""

    probe: str = ""
    """What finds news, if more than the position does."""

    asked: str = ""
    """What else the kind needs to know."""

    clock: Callable[[AsyncConnection[Any]], Awaitable[datetime]] | None = None
    """Tells the time for {now}; None: the database's clock."""

    opens: bool = True
    """A position that is not on record is news."""


class Sighted(Protocol):
    """What a glance can be asked about: a feed, or what waits without a position."""

    def sight(self) -> Sight:
        """Return how a glance asks whether there is anything new."""


def bound(statement: str, values: Mapping[str, Any]) -> str:
    """Return a feed's own statement with the values in it; those that are SQL stand as they are."""

    def filled(found: re.Match[str]) -> str:
        value = values[found[1]]
        return (value if isinstance(value, SQL) else Literal(value)).as_string()

    return VALUE.sub(filled, statement)


def moved(template: str, window: str) -> str:
    """Return the probe that looks at what a feed's own statement answers."""
    return template.replace("{window}", window)
