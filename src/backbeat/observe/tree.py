"""What there is to see, as one immutable tree: the command line, the API, the page and the metrics all show this."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from backbeat.incremental.change_log import ConsumerLag
from backbeat.jobs.operate import JobView
from backbeat.loop_report import NOTHING, LoopReport
from backbeat.observe.replays import ReplayCounts
from backbeat.observe.watched import WatchStatus

Tone = Literal["good", "busy", "bad"]

PROCESS_SECONDS_MAX = 15.0  # a process says every five seconds that it is there


class Check(msgspec.Struct, frozen=True):
    """One thing that must be true of a healthy Backbeat; ``cure`` says what to do when it is not."""

    name: str
    ok: bool
    detail: str
    cure: str = ""


class Advice(Check, frozen=True):
    """Something that could be better: it is told with its cure, and the check passes."""

    advice: bool = True


class IndexerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where the block loop stands."""

    phase: str
    """What the indexer is doing."""
    source: str
    """The kind of source that it follows."""
    chain_id: str
    """The chain that it follows."""
    height: int
    """The last committed height of that chain."""
    head_height: int | None
    """The newest height known of that chain; None while it is unknown."""
    lag_blocks: int | None
    """Blocks known and not committed, never negative; None while the head is unknown."""
    lag_seconds: float | None
    """The age of the last block while behind, 0 when not behind; None when ``lag_blocks`` is."""
    block_time: datetime | None
    """The time of the last committed block."""
    block_age_seconds: float | None
    """The age of the last committed block, behind or not."""
    heartbeat_age_seconds: float | None
    """Since the indexer reported."""
    started_at: datetime | None
    """When its process began."""
    is_beside: bool = False
    """Whether another indexer writes the blocks, and jobs follow it."""
    waits_for: str = ""
    """Whose transaction the frontier waits for then; empty: for none."""
    waits_seconds: float | None = None
    """For how long by now."""
    blocks_per_second: float
    """Over the last ten seconds."""
    transactions_per_second: float
    """Over the last ten seconds."""
    plays_per_second: float
    """Over the last ten seconds."""
    source_height: int | None = None
    """The head that the source reports now, which may have gone back below ``height``."""
    source_problem: str = ""
    """What is wrong with the source; empty if nothing is."""
    witness_height: int | None = None
    """The last block in which a second node agreed."""
    witness_problem: str = ""
    """Why the second node does not answer at present; empty if it does."""
    first_chain_id: str = ""
    """The first chain that blocks of were indexed here; empty before the first block."""
    first_height: int | None = None
    """The first height of it that was indexed; None before the first block."""
    report: LoopReport = NOTHING
    """What its process committed since it started, and what keeps a block from being committed."""


class Outcomes(msgspec.Struct, frozen=True):
    """How many transactions of one kind, or of one (entity type, action) pair, ended in which way."""

    name: str
    applied: int = 0
    rejected: int = 0
    ignored: int = 0
    replayed: int = 0
    """Of those that were not refused: how many were at first, until a replay of refused transactions."""


class ReasonCount(msgspec.Struct, frozen=True):
    """How many transactions were refused for one reason, and are still.

    ``replayed``: how many more were, until a replay of refused transactions.
    """

    reason: str
    count: int
    replayed: int = 0


class Drift(msgspec.Struct, frozen=True):
    """How many rows verifications found wrong ever, of one derivation or table of counts."""

    derivation: str
    found_rows: int
    found_at: datetime


class AuditStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the verification that goes round has found in one audit."""

    audit: str
    """The audit, as `backbeat audit` names it."""
    same: int
    """Rows that were as they should be, in the last round that came to its end; before the first, so far."""
    differing: int
    """Rows that were not, in that round or in the one under way."""
    unverifiable: int
    """Rows of which nothing can be said."""
    age_seconds: float | None
    """Since the last round ended; None before the first."""
    ended_at: datetime | None = None
    """When that was."""


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A process of Backbeat, by its own account."""

    host: str
    """The machine that it runs on."""
    pid: int
    """Its process id there."""
    version: str
    """The version of Backbeat."""
    parts: Sequence[str]
    """Of index, jobs and web, those that it runs."""
    state: str
    """What its block loop is doing; empty without one."""
    started_at: datetime
    """When it began."""
    reached_at: datetime
    """Since when it has reached the database without a break."""
    reached_seconds: float
    """For how long by now."""
    up_seconds: float
    """For how long it has run."""
    seen_seconds_ago: float
    """Since it last said that it is there; beyond PROCESS_SECONDS_MAX it is not."""

    @property
    def is_there(self) -> bool:
        """Say whether it said so lately."""
        return self.seen_seconds_ago <= PROCESS_SECONDS_MAX


class PrunedPlays(msgspec.Struct, frozen=True, kw_only=True):
    """Plays that were deleted, and what is known of plays that went without being summed up."""

    plays: int = 0
    """Deleted and summed up."""
    until: datetime | None = None
    """The latest time that one of them had, UTC; None: none was deleted."""
    foreign_plays: int = 0
    """How many of them another program deleted."""
    foreign_at: datetime | None = None
    """When it did so last."""
    unread: Sequence[str] = ()
    """Jobs that had not read all of them."""
    truncated_at: datetime | None = None
    """When the table was emptied by TRUNCATE, of which there are no sums; None: never, or it was accepted."""
    lost_hours: int = 0
    """Hours that neither plays nor sums account for, when ``plays.prune`` last looked."""

    @property
    def are_lost(self) -> bool:
        """Say whether plays went without being summed up."""
        return self.truncated_at is not None or self.lost_hours > 0


class ServerMoves(msgspec.Struct, frozen=True, kw_only=True):
    """How often the database was restored or moved into another cluster, and how often a standby of it was promoted.

    ``moved`` is what came last (restored, promoted), empty if nothing did; ``age_seconds`` is since then.
    """

    moved: str = ""
    moved_at: datetime | None = None
    restores: int = 0
    promotions: int = 0
    age_seconds: float | None = None


class Obstacle(msgspec.Struct, frozen=True):
    """What kept a lane of this process from working lately."""

    lane: str
    code: str
    message: str
    cure: str


class DatabaseStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The PostgreSQL server that holds everything."""

    version: str
    """The version of the server."""
    name: str
    """The name of the database."""
    size_bytes: int
    """The size of the database on disk."""
    connections: int
    """Connections to the server, ours and others'."""
    connections_max: int
    """The server's limit."""
    clock_skew_seconds: float
    """How far its clock is ahead of ours."""


class ChangeLogStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The log of changed keys with its index, and how far each of its consumers is behind, the furthest first.

    What waits is counted up to about a thousand rows of the log; ``seconds`` is exact.
    """

    size_bytes: int = 0
    consumers: tuple[ConsumerLag, ...] = ()


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at one instant."""

    at: datetime
    """When it was read."""
    version: str
    """The version of Backbeat that read it."""
    headline: str
    """The state in one sentence."""
    tone: Tone
    """How good or bad the headline is."""
    healthy: bool
    """Whether every check passes."""
    indexer: IndexerStatus | None
    """None if the block loop never ran here."""
    transactions: tuple[Outcomes, ...]
    """Counted by kind."""
    pairs: tuple[Outcomes, ...]
    """Counted by entity type and action."""
    rejected: tuple[ReasonCount, ...]
    """Counted by reason."""
    replays: ReplayCounts = ReplayCounts()
    """Counts of signed messages."""
    rejected_bytes: int = 0
    """About how much room the kept refused transactions take."""
    jobs: tuple[JobView, ...]
    """Every job, group by group."""
    change_log: ChangeLogStatus = ChangeLogStatus()
    """The log and its consumers."""
    drift: tuple[Drift, ...] = ()
    """Rows that verifications found wrong."""
    audits: tuple[AuditStatus, ...] = ()
    """What going round every derived table has found."""
    processes: tuple[ProcessStatus, ...] = ()
    """Those that run or ran within the last hour."""
    moves: ServerMoves = ServerMoves()
    """How often the database came to another server."""
    pruned: PrunedPlays = PrunedPlays()
    """Plays that are gone."""
    watch: WatchStatus | None = None
    """How a comparison with another indexer's database stands; None without one."""
    obstacles: tuple[Obstacle, ...] = ()
    """What kept this process' lanes from working lately."""
    database: DatabaseStatus
    """The server."""
    checks: tuple[Check, ...]
    """Every check, in the order in which they are shown."""
