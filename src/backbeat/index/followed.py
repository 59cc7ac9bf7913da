"""What a block loop follows: a source of blocks, the rules of its network, and how far."""

import msgspec

from backbeat.chain.native import NativeReader
from backbeat.chain.sequence import Chains
from backbeat.chain.signatures import Verifier
from backbeat.chain.source import Source
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules


class FollowedChain(msgspec.Struct, frozen=True, kw_only=True):
    """One chain, or those of one network in turn, as one loop follows them."""

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

    chains: Chains = Chains()
    """The chains of the network, one after the other; without any, the one that the source serves."""

    start_height: int = 0
    """The first block of a database that nothing was indexed into, of the first chain; 0: that chain's first."""

    exit_at_tip: bool = False
    """Whether the loop ends at the tip, or at the end of a finite source."""

    migration_case: int = 0
    """The number of the case that holds a genesis migration; 0: the network has none."""

    explorer_blocks: int = 0
    """How many of the newest blocks the audit tables hold; 0: they are not written."""

    check_hashes: bool = True
    """Whether transactions are held to the hashes that they are served under."""

    native: NativeReader | None = None
    """The native reader of blocks; None leaves all of decoding to Python."""
