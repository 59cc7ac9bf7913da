"""Holds the chain source to what was indexed, and says what is the matter with it."""

from datetime import UTC

import msgspec
import structlog

from backbeat.chain.model import Head
from backbeat.chain.place import is_hash
from backbeat.chain.source import Comparable, Condition, Earlier, Source, Watchable
from backbeat.chain.successive import Successive
from backbeat.chain.witness import Witness
from backbeat.clock import Clock
from backbeat.index.cursor import Cursor

log = structlog.get_logger(__name__)


class SourceReport(msgspec.Struct, frozen=True):
    """What a heartbeat says of the source and of the witness; a ``problem`` is a sentence, empty if there is none."""

    source_height: int | None = None
    source_problem: str = ""
    witness_height: int | None = None
    witness_problem: str = ""


class SourceWatch:
    """Watches an open ``source``, and asks a ``witness`` if there is one.

    A source that does not end is to have a block at most ``still_seconds_max`` old; with 0 that is not asked of it.
    """

    def __init__(
        self, source: Source, clock: Clock, *, still_seconds_max: float = 0.0, witness: Witness | None = None
    ) -> None:
        self._source = source
        self._clock = clock
        self._still_seconds_max = still_seconds_max
        self._witness = witness
        self._told = ""

    async def recognise(self, cursor: Cursor, earlier: Earlier | None = None) -> bool:
        """Return True; raises ChainDataError if the source or the witness has another block where the cursor stands.

        A source that is behind the cursor is held to what ``earlier`` knows. One of several chains comes to the
        cursor's first, however long that takes.
        """
        if isinstance(self._source, Successive):
            await self._source.enter(cursor.chain_id)
        known = cursor.block_hash if cursor.block_hash and is_hash(cursor.block_hash) else ""
        if isinstance(self._source, Comparable):
            await self._source.compare(cursor.height, known, earlier)
        if known:
            await self.agree(cursor)
        return True

    async def agree(self, cursor: Cursor) -> None:
        """Raise ChainDataError if the witness has another block than was committed; it is asked now and then."""
        if self._witness is not None and cursor.block_hash is not None:
            await self._witness.look(cursor.chain_id, cursor.height, cursor.block_hash)

    def report(self, cursor: Cursor | None, head: Head | None) -> SourceReport:
        """Say how the source is at present, and log it when that changes."""
        condition = self._source.condition() if isinstance(self._source, Watchable) else Condition()
        problem = condition.problem or self._still(cursor, head)
        if problem != self._told and not (problem and self._told):
            log.warning("chain_source_problem", problem=problem) if problem else log.info("chain_source_well")
        self._told = problem
        witness = self._witness
        return SourceReport(
            condition.head_height or (head.height if head else None),
            problem,
            witness.height if witness else None,
            witness.problem if witness else "",
        )

    def is_behind(self, cursor: Cursor | None) -> bool:
        """Tell whether the source is at a block before the cursor, so that its head is no tip."""
        if cursor is None or not isinstance(self._source, Watchable):
            return False
        return (self._source.condition().head_height or cursor.height) < cursor.height

    async def close(self) -> None:
        """Close the connection to the witness."""
        if self._witness is not None:
            await self._witness.close()

    def _still(self, cursor: Cursor | None, head: Head | None) -> str:
        """Say that no block has come for long, though the source claims to have no more."""
        if self._source.is_finite or not self._still_seconds_max or cursor is None or cursor.block_time is None:
            return ""
        if head is None or head.height > cursor.height:
            return ""
        age = (self._clock.now() - cursor.block_time.replace(tzinfo=UTC)).total_seconds()
        if age <= self._still_seconds_max:
            return ""
        return f"The chain stands still: the newest block, {cursor.height}, is {age:.0f} s old by this machine's clock."
