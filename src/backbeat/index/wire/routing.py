"""Which handler takes a wire pair (entity type, action). Handlers register here with :func:`handles`.

To look one up, import :mod:`backbeat.index.entities`, which loads every handler first.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from backbeat.index.row import Change
from backbeat.index.state import Key, NotLoaded, State
from backbeat.index.wire.signer import grant_wants
from backbeat.index.wire.transaction import EntityTransaction

Handler: TypeAlias = Callable[[EntityTransaction, State], Iterable[Change]]
"""Validates against the state and yields the changes; raises Reject. Pure: it may be run again from the start."""

Wants: TypeAlias = Callable[[EntityTransaction], Iterable[Key]]
"""Names what the handler will probably read, so that a batch loads it in one go."""


WantsThen: TypeAlias = Callable[[EntityTransaction, State], Iterable[Key]]
"""Names what else the handler and those who tell of its acts will probably read, by what is loaded of its wants.

A key that is not loaded is named by asking the state for it. So what is read because of other reads is loaded for a
whole batch in one go, where a miss of the handler would be a trip and the handler tried twice.
"""


def _nothing_then(_tx: EntityTransaction, _state: State) -> tuple[Key, ...]:
    return ()


class Route(msgspec.Struct, frozen=True):
    """How one wire pair is handled."""

    handler: Handler
    wants: Wants
    wants_then: WantsThen = _nothing_then


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


def missing_then(route: Route, tx: EntityTransaction, state: State) -> set[Key]:
    """Return what is not loaded yet of what will probably be read, as far as what is loaded tells."""
    named = grant_wants(tx, state)
    try:
        named.extend(route.wants_then(tx, state))
    except NotLoaded as missing:
        named += missing.keys
    return state.missing(named) if named else set()


def migrates(entity_type: str, action: str, *, wants: Wants) -> Callable[[Handler], Handler]:
    """Register a handler for a wire pair of a genesis migration; raises ValueError for a pair that has one already."""

    def register(handler: Handler) -> Handler:
        if (entity_type, action) in MIGRATIONS:
            raise ValueError(f"{entity_type}/{action} has two handlers of migrations")
        MIGRATIONS[entity_type, action] = Route(handler, wants)
        return handler

    return register


def handles(
    entity_type: str, *actions: str, wants: Wants, then: WantsThen = _nothing_then
) -> Callable[[Handler], Handler]:
    """Register a handler for the wire pairs (entity type, action); names are case-sensitive (section 4.6).

    Raises ValueError for a pair that has a handler already.
    """

    def register(handler: Handler) -> Handler:
        for action in actions:
            if (entity_type, action) in ROUTES:
                raise ValueError(f"{entity_type}/{action} has two handlers")
            ROUTES[entity_type, action] = Route(handler, wants, then)
        return handler

    return register
