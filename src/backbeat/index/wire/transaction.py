"""An entity transaction as its handler sees it, and the registry that finds the handler."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from backbeat.index.row import Change
from backbeat.index.state import Key, State


class EntityRules(msgspec.Struct, frozen=True):
    """The settings that rules depend on."""

    verify_signatures: bool = True
    verifier_address: str = ""  # lower-case; empty refuses every User/Verify
    refuse_replays: bool = False
    replay_window_rows: int = 200_000  # 20 MB of memory; 0: signed messages are not remembered
    replay_window_days: float = 30.0


class EntityTransaction(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One ManageEntity transaction with the block it stands in (section 4.1).

    ``signer`` is lower-case. ``metadata`` is the payload after unwrapping (section 4.2), None without one.
    ``block_time`` is naive UTC; ``block_number`` is the em number, the value of every ``blocknumber`` column.
    """

    user_id: int
    entity_type: str
    entity_id: int
    action: str
    signer: str
    metadata: dict[str, Any] | None
    pubkey: bytes | None
    tx_hash: str
    block_hash: str
    block_number: int
    block_time: datetime
    rules: EntityRules


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
    """Register a handler for the wire pairs (entity type, action); names are case-sensitive (section 4.6)."""

    def register(handler: Handler) -> Handler:
        for action in actions:
            ROUTES[entity_type, action] = Route(handler, wants)
        return handler

    return register
