"""For every wire pair a transaction that its rules take, for tests to swell, repeat and mutate."""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from backbeat.chain.proto import core_pb2
from builders.chain import entity
from worst.act import ABOUT, ALBUM, COMMENT, CONTEST, EVENT, FOREIGN, OTHER, OWNER, PLAYLIST, TRACK, Act

SCENARIOS = Path(__file__).parents[1] / "conformance"


def _declared(name: str) -> dict[str, Any]:
    """Return what the files of scenarios declare under a name, all together."""
    modules = [import_module(f"conformance.{path.stem}") for path in sorted(SCENARIOS.glob("test_*.py"))]
    return {key: value for module in modules for key, value in getattr(module, name, {}).items()}


ACTS: dict[str, Act] = _declared("WIRE_ACTS")
"""By wire pair; ``*`` stands for whatever type the action is for."""

KEYS: dict[str, list[str]] = _declared("WIRE_KEYS")
"""What a payload of an entity type, or of one wire pair, is read for."""

TYPE_OF = dict.fromkeys(("Follow", "Unfollow", "Subscribe", "Unsubscribe"), "User")
FIRST = [
    ("User/Create", 1, OWNER, OWNER, {"handle": "owner"}),
    ("User/Create", 2, OTHER, OTHER, {"handle": "other"}),
    ("Track/Create", 1, OWNER, TRACK, {"title": "Mine", "owner_id": OWNER}),
    ("Track/Create", 2, OTHER, FOREIGN, {"title": "Theirs", "owner_id": OTHER, "collaborators": [OWNER]}),
    ("Playlist/Create", 1, OWNER, PLAYLIST, {"playlist_name": "Mix"}),
    ("Playlist/Create", 1, OWNER, ALBUM, {"playlist_name": "LP", "is_album": True}),
    ("Comment/Create", 1, OWNER, COMMENT, ABOUT),
    ("Event/Create", 1, OWNER, EVENT, CONTEST),
]

_nonces = count(1)


def wire_name(pair: str) -> str:
    """Return the pair as it is written on the wire."""
    entity_type, action = pair.split("/")
    return f"{TYPE_OF.get(action, 'Track')}/{action}" if entity_type == "*" else pair


def keys_of(pair: str) -> list[str]:
    """Return the payload keys that the pair's handler may read."""
    return KEYS.get(pair) or KEYS[pair.split("/", maxsplit=1)[0]]


def signed(key: int, user_id: int, pair: str, entity_id: int, payload: Any) -> core_pb2.SignedTransaction:
    """Return a signed transaction like no other; a payload that is text is sent as it is."""
    text = payload if isinstance(payload, str) else "" if payload is None else wrapped(payload)
    return entity(key, user_id, wire_name(pair), entity_id, text, next(_nonces))


def wrapped(payload: Any) -> str:
    """Return the metadata that clients send."""
    return json.dumps({"cid": "", "data": payload}, separators=(",", ":"), ensure_ascii=False)


def act(
    pair: str, more: Mapping[str, Any] | None = None, *, entity_id: int | None = None
) -> core_pb2.SignedTransaction:
    """Return the pair's transaction, with more or other payload if given, about another thing if given."""
    it = ACTS[pair]
    said = {**(it.payload or {}), **(more or {})} or None
    return signed(it.key, it.user_id, pair, it.entity_id if entity_id is None else entity_id, said)


def first_block() -> Iterator[core_pb2.SignedTransaction]:
    """Yield the transactions that make the world."""
    for pair, key, user_id, entity_id, payload in FIRST:
        yield signed(key, user_id, pair, entity_id, payload)


def run_up(pair: str, entity_id: int | None = None) -> list[core_pb2.SignedTransaction]:
    """Return what has to be said before the pair's transaction can be."""
    return [act(before, entity_id=entity_id) for before in ACTS[pair].before]
