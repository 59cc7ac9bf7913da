"""What a block loop follows: a source of blocks, the rules of its network, and how far."""

import msgspec

from backbeat.chain.signatures import Verifier
from backbeat.chain.source import Source
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules


class FollowedChain(msgspec.Struct, frozen=True, kw_only=True):
    """One chain as one loop follows it."""

    source: Source
    """Where blocks come from; the loop opens and closes it."""

    rules: EntityRules
    """What the rules of entity transactions depend on."""

    verifier: Verifier | None
    """Recovers who signed; None leaves signatures unread."""

    watch: SourceWatch | None = None
    """Holds the source to the blocks that were indexed; None: without a second node, and standing still is allowed."""

    source_name: str = ""
    """What the status calls the source."""

    start_height: int = 0
    """The first block of a database that nothing was indexed into."""

    exit_at_tip: bool = False
    """Whether the loop ends at the tip, or at the end of a finite source."""

    check_hashes: bool = True
    """Whether transactions are held to the hashes that they are served under."""
