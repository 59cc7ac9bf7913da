"""What a user does in a random history."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Said(NamedTuple):
    """The wire pair, the entity, and the payload of a transaction."""

    actor: int
    pair: str
    item: int
    payload: Mapping[str, Any] = {}
