"""What an answer of a node must hold to be believed, and the errors that name the node when it does not."""

from datetime import datetime, timedelta
from typing import Final

from backbeat.chain.instants import to_datetime
from backbeat.chain.place import NOWHERE, Place, contradiction, is_hash, place_of
from backbeat.chain.proto import core_pb2
from backbeat.chain.sequence import ANY_CHAIN, Chains
from backbeat.clock import without_zone
from backbeat.errors import ChainDataError

NEXT_NOT_SERVED: Final = "next_chain_not_served"
"""The code of the error for a node that is still on a chain before the one that is wanted: it is worth waiting for."""

_SHOWN_CHARS: Final = 80
_FUTURE_MAX: Final = timedelta(days=1)  # more than any mistake about a time zone: one of the two clocks is wrong


class AnswerCheck:
    """Judges blocks that the node at ``url`` serves of the chain ``chain_id``, one of the network's ``chains``."""

    def __init__(self, url: str, chain_id: str, chains: Chains = ANY_CHAIN) -> None:
        self.url = url
        self.chain_id = chain_id
        self._chains = chains

    def checked(self, height: int, block: core_pb2.Block, now: datetime) -> core_pb2.Block:
        """Return ``block`` with its hash in lower case if it can be the block of ``height``, else ChainDataError."""
        if block.chain_id != self.chain_id:
            raise self.other_chain(block.chain_id)
        if block.height != height:
            raise self.wrong(height, f"block {block.height}")
        if not is_hash(block.hash):
            raise self.wrong(height, "a block without a hash of 64 hex digits")
        time = to_datetime(block.timestamp) if block.HasField("timestamp") else None
        if time is None:
            raise self.wrong(height, "a block without a time")
        if time > without_zone(now) + _FUTURE_MAX:
            raise self.wrong(height, f"a block of {time}, which by our clock is more than a day away")
        block.hash = block.hash.lower()
        return block

    def checked_all(self, blocks: dict[int, core_pb2.Block]) -> dict[int, core_pb2.Block]:
        """Return ``blocks``, each of which was checked, if they can be of one chain, else ChainDataError."""
        if len({block.hash for block in blocks.values()}) < len(blocks):
            raise self.wrong(min(blocks), "the same block at several heights")
        before = NOWHERE
        for height, block in sorted(blocks.items()):
            place = place_of(block)
            if what := contradiction(before, place):
                raise self.wrong(height, what)
            before = place
        return blocks

    def wrong(self, height: int, what: str) -> ChainDataError:
        """Return the error for an answer that cannot be right."""
        return ChainDataError(
            "node_answer_wrong",
            f"Asked for block {height}, the node at {self.url} answered with {what}.",
            cure="Nothing of it was indexed; use another node. If the times are wrong, check this machine's clock.",
        )

    def other_chain(self, served: str | bytes) -> ChainDataError:
        """Return the error for a node that follows another chain, or one that has no usable name."""
        if before := [span for span in self._chains.before(self.chain_id) if span.chain_id == served]:
            return ChainDataError(
                NEXT_NOT_SERVED,
                f"The node at {self.url} still serves the chain {served!r}, which ends at block {before[0].last}; "
                f"{self.chain_id!r} is awaited.",
                cure="Wait until the node follows the new chain, or name one that does in chain.node_url. If the chain "
                "goes on, correct its last height in chain.chain_ids.",
            )
        if any(span.chain_id == served for span in self._chains.behind(self.chain_id)):
            span = self._chains.span(self.chain_id)
            return ChainDataError(
                "earlier_chain_not_served",
                f"The node at {self.url} already serves the chain {served!r}; blocks of {self.chain_id!r} up to "
                f"{span.last if span else ''} are still to be indexed.",
                cure="Name a node that still serves that chain, for it alone in chain.node_url_of. Nothing of the new "
                "chain is indexed before the earlier one is complete.",
            )
        return ChainDataError(
            "other_chain",
            f"The node at {self.url} serves the chain {served[:_SHOWN_CHARS]!r}, {self.chain_id!r} is being indexed.",
            cure="Name a node of that chain. If the network began a new chain, list both in chain.chain_ids, the "
            "earlier one with its last height.",
        )

    def other_history(self, block: core_pb2.Block, known: Place, head: int) -> ChainDataError:
        """Return the error for a node that has ``block`` where another was indexed."""
        return ChainDataError(
            "other_history",
            f"The node at {self.url} has block {block.hash} at height {block.height}; {known.hash} was indexed there. "
            f"The node's head is {head}. It is another chain under the id {self.chain_id!r}.",
            cure="Nothing of it was indexed. Name a node of the chain that this database follows, or give the other "
            "chain a database of its own (--data-dir or --database).",
        )
