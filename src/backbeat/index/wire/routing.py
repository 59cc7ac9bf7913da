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

MIGRATIONS: dict[tuple[str, str], Route] = {}
"""What a genesis migration handles otherwise than the chain does afterwards (section 8.4)."""


def find_route(entity_type: str, action: str) -> Route | None:
    """Return how a wire pair is handled, None if it is not; names are case-sensitive (section 4.6)."""
    return ROUTES.get((entity_type, action)) or ROUTES.get((ANY_TYPE, action))


def find_migration(entity_type: str, action: str) -> Route | None:
    """Return how a genesis migration handles a wire pair: as the chain does, unless it has a handler of its own."""
    own = MIGRATIONS.get((entity_type, action)) or MIGRATIONS.get((ANY_TYPE, action))
    return own or find_route(entity_type, action)


def migrates(entity_type: str, action: str, *, wants: Wants) -> Callable[[Handler], Handler]:
    """Register a handler for a wire pair of a genesis migration; raises ValueError for a pair that has one already."""

    def register(handler: Handler) -> Handler:
        if (entity_type, action) in MIGRATIONS:
            raise ValueError(f"{entity_type}/{action} has two handlers of migrations")
        MIGRATIONS[entity_type, action] = Route(handler, wants)
        return handler

    return register


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
