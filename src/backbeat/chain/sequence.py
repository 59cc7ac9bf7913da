"""The chains of one network, one after the other: a network that begins a new chain begins its heights again.

What is written is ``NAME``, ``NAME@FIRST`` or ``NAME@FIRST-LAST``: the chain id, its first height (1 unless said) and
the last one, behind which the next chain of the list follows (domain: section 1.7).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from backbeat.chain.decode import HEIGHT_MAX, HEIGHT_MIN
from backbeat.chain.place import is_chain_id
from backbeat.errors import ConfigError

CHAINS_MAX: Final = 64  # a network begins a new chain once in years
_WRITTEN: Final = re.compile(r"(?P<chain_id>.+?)(@(?P<first>[0-9]{1,10})(-(?P<last>[0-9]{1,10}))?)?", re.ASCII)


class Span(msgspec.Struct, frozen=True):
    """One chain of a network."""

    chain_id: str
    """The id that its blocks name."""
    first: int = HEIGHT_MIN
    """The height of its first block."""
    last: int | None = None
    """The height of its last block; None while it goes on."""


class Chains(msgspec.Struct, frozen=True):
    """Chains in the order in which they follow each other; empty: whichever chain the source serves."""

    spans: tuple[Span, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The chain ids, in order."""
        return tuple(span.chain_id for span in self.spans)

    def span(self, chain_id: str) -> Span | None:
        """Return the chain of that id; None if it is not among them."""
        return next((span for span in self.spans if span.chain_id == chain_id), None)

    def behind(self, chain_id: str) -> tuple[Span, ...]:
        """Return the chains that follow the one of that id."""
        ids = self.ids
        return self.spans[ids.index(chain_id) + 1 :] if chain_id in ids else ()

    def before(self, chain_id: str) -> tuple[Span, ...]:
        """Return the chains that come before the one of that id."""
        ids = self.ids
        return self.spans[: ids.index(chain_id)] if chain_id in ids else ()

    def others(self, chain_id: str) -> frozenset[str]:
        """Return the ids of the other chains of this network."""
        return frozenset(self.ids) - {chain_id}


ANY_CHAIN: Final = Chains()
"""Whichever chain the source serves."""


def only(chain_id: str) -> Chains:
    """Return the chains of a network that has had one; empty without an id."""
    return Chains((Span(chain_id),)) if chain_id else ANY_CHAIN


def parse(written: Sequence[str]) -> Chains:
    """Return the chains that the setting lists; raises ConfigError for a list that cannot be followed."""
    spans = tuple(map(_span, written))
    if len(spans) > CHAINS_MAX:
        raise _wrong(f"it lists {len(spans)} chains, {CHAINS_MAX} at most are followed")
    ids = [span.chain_id for span in spans]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise _wrong(f"it lists {twice[0]!r} twice")
    for span in spans[:-1]:
        if span.last is None:
            raise _wrong(f"it does not say at which height {span.chain_id!r} ends")
    if spans and spans[-1].last is not None:
        raise _wrong(f"behind {spans[-1].chain_id!r}, which ends, it lists no other chain")
    return Chains(spans)


def check_start(chains: Chains, start_height: int) -> None:
    """Raise ConfigError unless a database may begin at ``start_height``, a height of the first chain; 0 is any."""
    if not start_height or not chains.spans:
        return
    span = chains.spans[0]
    if start_height < span.first or (span.last is not None and start_height > span.last):
        raise ConfigError(
            "start_height_outside",
            f"chain.start_height is {start_height}, which is no height of {_told([span])}.",
            cure="Name a height of the first chain in chain.chain_ids. To begin with a later chain, leave the earlier "
            "ones out of chain.chain_ids.",
        )


def _span(written: str) -> Span:
    found = _WRITTEN.fullmatch(written.strip())
    if found is None or not is_chain_id(found["chain_id"]):
        raise _wrong(f"{written!r} is none")
    first, last = int(found["first"] or HEIGHT_MIN), int(found["last"]) if found["last"] else None
    if not HEIGHT_MIN <= first <= (last or HEIGHT_MAX) <= HEIGHT_MAX:
        raise _wrong(f"{written!r} does not name heights from {HEIGHT_MIN} to {HEIGHT_MAX}, the first one first")
    return Span(found["chain_id"], first, last)


def _told(spans: Iterable[Span]) -> str:
    return ", ".join(f"{span.chain_id}@{span.first}-{span.last or ''}".rstrip("-") for span in spans)


def _wrong(what: str) -> ConfigError:
    return ConfigError(
        "chain_ids_invalid",
        f"chain.chain_ids cannot be used: {what}.",
        cure="Write the chains in order, all but the last with their last height: "
        "audius-mainnet-alpha-beta@1-12344, audius-mainnet-2@1.",
    )
