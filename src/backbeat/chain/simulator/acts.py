"""What people do on the network: drafts of entity transactions, and the registry of the occasions for them."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from backbeat.chain.simulator.chapter import Chapter


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entity transaction before it is signed, its fields as they go on the wire."""

    user_id: int
    """The user for whom it is signed."""
    entity_type: str
    """Such as ``Track``."""
    entity_id: int
    """The id on the wire."""
    action: str
    """Such as ``Create``."""
    signer: str
    """The name of the key that signs."""
    metadata: str = ""
    """The payload."""
    tampered: str | None = None
    """Replaces the metadata after signing, so that the signature no longer yields the signer."""
    flaw: str = ""
    """Why an indexer has to refuse it; empty for an honest transaction."""


Builder: TypeAlias = Callable[[Chapter, int, int], Draft | None]
"""Takes the chapter, the slot (0, 1, … per kind and chapter) and the block time in Unix seconds.

None if the story is too young for it: then a user looks at the notifications instead.
"""


class Act(msgspec.Struct, frozen=True):
    """One kind of occasion: how often it comes up per verse, and who makes the draft."""

    per_verse: int
    build: Builder


ACTS: dict[str, Act] = {}


B = TypeVar("B", bound=Builder)


def act(name: str, *, per_verse: int) -> Callable[[B], B]:
    """Register a builder under a name that is its own, usually ``Entity/Action``."""

    def register(build: B) -> B:
        ACTS[name] = Act(per_verse, build)
        return build

    return register


def in_turn(name: str, even: Builder, odd: Builder) -> None:
    """Register two builders that share one occasion a verse: one has the even chapters, the other the odd ones."""

    def build(chapter: Chapter, slot: int, now: int) -> Draft | None:
        return (even, odd)[chapter.number % 2](chapter, slot, now)

    act(name, per_verse=1)(build)


def signed_by(user: int) -> str:
    """Return the name of a user's key."""
    return f"user/{user}"


VERIFIER: Final = "verifier"


def wrapped(data: dict[str, Any], cid: str = "") -> str:
    """Return metadata in the envelope that clients use for bodies (section 4.2)."""
    return flat({"cid": cid, "data": data})


def flat(body: dict[str, Any]) -> str:
    """Return metadata as bare JSON, compact and in the order given, as JavaScript clients write it."""
    return msgspec.json.encode(body).decode()
