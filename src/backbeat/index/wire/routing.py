"""Which handler takes a wire pair (entity type, action). Handlers register here with :func:`handles`.

To look one up, import :mod:`backbeat.index.entities`, which loads every handler first.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from backbeat.index.row import Change
from backbeat.index.state import Key, State
from backbeat.index.wire.transaction import EntityTransaction

Handler: TypeAlias = Callable[[EntityTransaction, State], Iterable[Change]]
"""Validates against the state and yields the changes; raises Reject. Pure: it may be run again from the start."""

Wants: TypeAlias = Callable[[EntityTransaction], Iterable[Key]]
"""Names what the handler will probably read, so that a batch loads it in one go."""


class Route(msgspec.Struct, frozen=True):
    """How one wire pair is handled."""

    handler: Handler
    wants: Wants


ANY_TYPE = "*"
"""Stands for every entity type that has no handler of its own for the action."""

ROUTES: dict[tuple[str, str], Route] = {}


def find_route(entity_type: str, action: str) -> Route | None:
    """Return how a wire pair is handled, None if it is not; names are case-sensitive (section 4.6)."""
    return ROUTES.get((entity_type, action)) or ROUTES.get((ANY_TYPE, action))


def handles(entity_type: str, *actions: str, wants: Wants) -> Callable[[Handler], Handler]:
    """Register a handler for the wire pairs (entity type, action); names are case-sensitive (section 4.6).

    Raises ValueError for a pair that has a handler already.
    """

    def register(handler: Handler) -> Handler:
        for action in actions:
            if (entity_type, action) in ROUTES:
                raise ValueError(f"{entity_type}/{action} has two handlers")
            ROUTES[entity_type, action] = Route(handler, wants)
        return handler

    return register
