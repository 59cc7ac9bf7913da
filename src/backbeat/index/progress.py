"""What the block loop knows of itself: counts, rates, phase, lag. Kept by the loop, read by the reporters."""

from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime

import msgspec

from backbeat.chain.model import Head
from backbeat.codes import Outcome, Phase
from backbeat.index.applied import Committed
from backbeat.index.commits import Commits
from backbeat.index.cursor import Cursor
from backbeat.loop_report import Durations, LoopReport

RATE_WINDOW_SECONDS = 10.0
LAG_AT_TIP_BLOCKS = 1


class Sample(msgspec.Struct, frozen=True):
    """What was done by a moment of the monotonic clock."""

    at: float
    blocks: int
    transactions: int
    plays: int


class Rates(msgspec.Struct, frozen=True):
    """Per second, over the last ten seconds."""

    blocks_per_second: float = 0.0
    transactions_per_second: float = 0.0
    plays_per_second: float = 0.0


class Progress:
    """Counts since this process started; every list is bounded by its time window or by the kinds that exist."""

    def __init__(self, started_at: datetime, now: float) -> None:
        self.started_at = started_at
        self.phase = Phase.STARTING
        self.cursor: Cursor | None = None
        self.head: Head | None = None
        self.blocks = 0
        self.transactions = 0
        self.plays = 0
        self.commits = Commits()
        self.outcomes: Counter[tuple[str, Outcome]] = Counter()
        self._samples = deque([Sample(now, 0, 0, 0)])

    def began(self, cursor: Cursor) -> None:
        """Take note of where indexing begins; a head of another chain is forgotten."""
        if self.cursor is not None and self.cursor.chain_id != cursor.chain_id:
            self.head = None
        self.cursor = cursor
        self.phase = Phase.CATCHING_UP

    def saw_head(self, head: Head | None, *, is_behind: bool = False) -> None:
        """Take note of what the source says is its newest block, and if that is below what was indexed."""
        if head is not None:
            self.head = head
            self._judge()
        if is_behind and self.phase is Phase.AT_TIP:
            self.phase = Phase.SOURCE_BEHIND

    def committed(self, committed: Committed, now: float) -> None:
        """Take note of a committed batch."""
        self.cursor = committed.cursor
        self.blocks += committed.blocks
        self.transactions += committed.transactions
        self.plays += committed.plays
        for tally, count in committed.applied.tallies().items():
            self.outcomes[tally.kind, tally.outcome] += count
        done = Sample(now, self.blocks, self.transactions, self.plays)
        if not self._samples[
            0
        ].blocks:  # what came before the first commit was no indexing, and says nothing of its rate
            self._samples.clear()
        self._samples.append(done)
        self._judge()

    def lag_blocks(self) -> int | None:
        """Return how many blocks are known and not committed; None while the head is unknown."""
        if self.head is None or self.cursor is None:
            return None
        return max(0, self.head.height - self.cursor.height)

    def rates(self, now: float) -> Rates:
        """Return the rates of the last ten seconds."""
        while len(self._samples) > 1 and self._samples[0].at < now - RATE_WINDOW_SECONDS:
            self._samples.popleft()
        first = self._samples[0]
        seconds = max(now - first.at, 1e-3)
        return Rates(
            (self.blocks - first.blocks) / seconds,
            (self.transactions - first.transactions) / seconds,
            (self.plays - first.plays) / seconds,
        )

    def report(self, now: float, node_calls: Mapping[str, Durations]) -> LoopReport:
        """Return what the heartbeat tells of the commits."""
        return LoopReport(
            blocks=self.blocks,
            plays=self.plays,
            commits=self.commits.durations,
            failures=dict(self.commits.failures),
            node_calls=dict(node_calls),
            last_failure=self.commits.last_failure(now),
            standstill=self.commits.standstill(now),
        )

    def _judge(self) -> None:
        if self.phase is Phase.WAITING:
            return
        lag = self.lag_blocks()
        if lag is not None:
            self.phase = Phase.AT_TIP if lag <= LAG_AT_TIP_BLOCKS else Phase.CATCHING_UP
