"""What a batch of blocks comes to: what there is to write besides rows, and what was committed of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import chain

import msgspec

from backbeat.chain.model import Block, Kind, Play, Transaction
from backbeat.chain.packed import PackedPlays, pack, unpacked
from backbeat.chain.play_times import PlayTimes
from backbeat.codes import Outcome
from backbeat.index.cursor import Cursor
from backbeat.index.reject import Code, Reject
from backbeat.index.wire.names import pair_name


class PlayBatch(msgspec.Struct, frozen=True, gc=False):
    """Plays of one block that are kept, with the times that the block allows; rows are made in the sink."""

    height: int
    times: PlayTimes
    plays: list[Play]

    def __len__(self) -> int:
        return len(self.plays)

    @property
    def by_height(self) -> list[tuple[int, int]]:
        """The height, and how many plays are of it."""
        return [(self.height, len(self.plays))]

    def heard(self) -> Iterator[tuple[int, Play]]:
        """Yield the plays with their height, each dated as its block lets it be."""
        for play in self.plays:
            yield self.height, msgspec.structs.replace(play, played_at=self.times.of(play.played_at))

    @property
    def track_ids(self) -> Collection[int | None]:
        """The tracks heard, one for each play."""
        return [play.track_id for play in self.plays]

    @property
    def rows(self) -> list[bytes]:
        """The plays as rows without ids."""
        return [pack(play, self.height, self.times.of(play.played_at)) for play in self.plays]


class PackedBatch(msgspec.Struct, frozen=True, gc=False):
    """The same for plays that are rows already, but for their ids: of one block, or of several in a row."""

    height: int
    """Of the first block."""
    rows: list[bytes]
    """Those of a transaction in one piece."""
    track_ids: list[int]
    """The tracks heard, one for each play."""
    by_height: list[tuple[int, int]]
    """The height of each transaction, and how many plays it has."""

    def __len__(self) -> int:
        return len(self.track_ids)

    def heard(self) -> Iterator[tuple[int, Play]]:
        """Yield the plays with their heights."""
        return chain.from_iterable(map(unpacked, self.rows))


Plays = PlayBatch | PackedBatch


class Rejection(msgspec.Struct, frozen=True, gc=False):
    """A transaction that was refused, or one play of a transaction that was not."""

    block: Block
    """The block that holds it."""
    tx_index: int
    """Its place in the block."""
    transaction: Transaction
    """The whole transaction."""
    code: Code
    """Why it was refused."""
    field: str = ""
    """The payload key or envelope field at fault; empty if none is."""
    detail: str = ""
    """What is wrong, for people."""
    play_index: int = -1
    """The place of the refused play; -1 where the transaction was refused."""
    refused_plays: int = 0
    """How many plays of the transaction were refused in all; only the first few have a rejection."""


class NumberedBlock(msgspec.Struct, frozen=True, gc=False):
    """A block with what the indexer knows of its place."""

    block: Block
    """The block itself."""
    number: int | None
    """Its em number; None without entity transactions."""
    parent_hash: str | None
    """The hash of the block before it; None for a first one."""
    em_parent_hash: str | None
    """The hash of the block with the em number before it."""
    has_plays: bool
    """Whether it holds plays."""
    replays: frozenset[int] = frozenset()
    """The indexes of transactions whose signed message the chain has seen before."""
    places: tuple[int, ...] | None = None
    """The indexes of its transactions in the block of the chain, where ``block`` holds a few of them; None: all."""


class Tally(msgspec.Struct, frozen=True):
    """A line of ``transaction_counts``."""

    kind: str
    pair: str
    outcome: Outcome
    reason: str


@lru_cache(maxsize=1_000)  # of some hundred that a chain has
def _tally(kind: Kind, pair: str, outcome: Outcome, reason: str) -> Tally:
    return Tally(str(kind), pair, outcome, reason)


PLAYS_LISTED_MAX = 5  # of the refused plays of one transaction: enough to see what is wrong, its bytes tell the rest
PLAYS_TOGETHER_MAX = 1_000  # in one PlayBatch, unless one transaction has more; between two, others get a turn
BYTES_PER_LISTED = 50  # a row takes some 230; a smaller transaction has fewer of its plays listed
PLAYED = Tally(str(Kind.PLAYS), "", Outcome.APPLIED, "")


class Applied(msgspec.Struct):
    """Everything a batch will write besides the rows in its state; filled transaction by transaction."""

    plays: list[Plays] = []
    """Plays that become rows, in order."""
    play_transactions: int = 0
    """How many transactions the plays are of."""
    rejections: list[Rejection] = []
    """What was refused, and why."""
    counts: Counter[Tally] = msgspec.field(default_factory=Counter)
    """How the other transactions ended."""

    def add_plays(self, block: Block, played: Iterable[tuple[int, Transaction]]) -> None:
        """Keep plays for the sink: they depend on no state, and most transactions are plays.

        ``played`` are transactions of ``block``, each with its index there. A play whose track id no column can hold is
        refused; so are those beyond the number that one transaction may have.
        """
        together: list[Play] | None = None
        for index, transaction in played:
            self.play_transactions += 1
            plays = transaction.plays
            if isinstance(plays, PackedPlays):
                together = None
                self._add_packed(block, plays)
                continue
            if together is None or len(together) >= PLAYS_TOGETHER_MAX:
                together = self._together(block)
            if transaction.has_plays_to_refuse:
                together += self._without_refused(block, index, transaction)
            else:
                together += plays

    def _together(self, block: Block) -> list[Play]:
        """Return the list that takes the next plays of ``block``."""
        last = self.plays[-1] if self.plays else None
        is_open = isinstance(last, PlayBatch) and last.height == block.height
        if not isinstance(last, PlayBatch) or not is_open or len(last.plays) >= PLAYS_TOGETHER_MAX:
            last = PlayBatch(block.height, PlayTimes(block.time), [])
            self.plays.append(last)
        return last.plays

    def _add_packed(self, block: Block, plays: PackedPlays) -> None:
        last = self.plays[-1] if self.plays else None
        if not isinstance(last, PackedBatch) or len(last.track_ids) >= PLAYS_TOGETHER_MAX:
            last = PackedBatch(block.height, [], [], [])
            self.plays.append(last)
        last.by_height.append((block.height, len(plays.track_ids)))
        last.rows.append(plays.rows)
        last.track_ids.extend(plays.track_ids)

    def _without_refused(self, block: Block, tx_index: int, transaction: Transaction) -> tuple[Play, ...]:
        """Record the plays of a transaction that are refused; return the others."""
        plays = tuple(transaction.plays)
        refused = [at for at, play in enumerate(plays) if play.track_id is None]
        listed_max = min(PLAYS_LISTED_MAX, 1 + len(transaction.raw) // BYTES_PER_LISTED)
        listed = [(at, Code.VALUE_OUT_OF_RANGE, "track_id", "") for at in refused[:listed_max]]
        if transaction.plays_beyond:
            taken = len(plays)
            behind = f"{transaction.plays_beyond} plays behind the first {taken}"
            listed.append((taken, Code.TOO_MANY_PLAYS, "plays", behind))
        total = len(refused) + transaction.plays_beyond
        for at, code, field, detail in listed:
            self.rejections.append(Rejection(block, tx_index, transaction, code, field, detail, at, total))
        return tuple([play for play in plays if play.track_id is not None])

    def tallies(self) -> Counter[Tally]:
        """Return how many transactions ended how; those heard were applied."""
        return self.counts + Counter({PLAYED: self.play_transactions})

    def count(self, transaction: Transaction, outcome: Outcome, reason: str = "") -> None:
        """Count one transaction's end."""
        entity = transaction.entity
        pair = pair_name(entity.entity_type, entity.action) if entity else ""
        self.counts[_tally(transaction.kind, pair, outcome, reason)] += 1

    def refuse(self, block: Block, index: int, transaction: Transaction, reject: Reject, detail: str = "") -> None:
        """Count and record a transaction that changes nothing, and why."""
        self.count(transaction, Outcome.REJECTED, reject.code)
        self.rejections.append(Rejection(block, index, transaction, reject.code, reject.field, detail))

    @property
    def play_rows(self) -> int:
        """How many rows the plays become. Ids may be further apart: others give some between."""
        return sum(map(len, self.plays))

    def add(self, other: "Applied") -> None:
        """Take in what another run came to."""
        self.plays.extend(other.plays)
        self.play_transactions += other.play_transactions
        self.rejections.extend(other.rejections)
        self.counts.update(other.counts)


class Committed(msgspec.Struct, frozen=True):
    """A batch that is in the database. ``cursor``: where that stands now. The rest is counted."""

    cursor: Cursor
    applied: Applied
    blocks: int
    transactions: int
    plays: int
