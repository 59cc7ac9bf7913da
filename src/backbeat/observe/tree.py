"""What there is to see, as one immutable tree: the command line, the API, the page and the metrics all show this."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from backbeat.incremental.change_log import ConsumerLag
from backbeat.jobs.operate import JobView
from backbeat.observe.replays import ReplayCounts

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
    """Where the block loop stands.

    ``lag_blocks`` is None while the head is unknown, never negative. ``lag_seconds`` is the age of the last block
    while behind, 0 when not behind, None when ``lag_blocks`` is. ``block_age_seconds`` is that age always.
    ``source_height`` is the head that the chain source says it has now, which may have gone back below ``height``;
    ``source_problem`` says what is the matter with it, empty if nothing. ``witness_height`` is the last block in which
    a second node agreed; ``witness_problem`` says why it says nothing at present.
    """

    phase: str
    source: str
    chain_id: str
    height: int
    head_height: int | None
    lag_blocks: int | None
    lag_seconds: float | None
    block_time: datetime | None
    block_age_seconds: float | None
    heartbeat_age_seconds: float | None
    started_at: datetime | None
    blocks_per_second: float
    transactions_per_second: float
    plays_per_second: float
    source_height: int | None = None
    source_problem: str = ""
    witness_height: int | None = None
    witness_problem: str = ""


class Outcomes(msgspec.Struct, frozen=True):
    """How many transactions of one kind, or of one (entity type, action) pair, ended in which way."""

    name: str
    applied: int = 0
    rejected: int = 0
    ignored: int = 0


class ReasonCount(msgspec.Struct, frozen=True):
    """How many transactions were refused for one reason."""

    reason: str
    count: int


class Drift(msgspec.Struct, frozen=True):
    """How many rows verifications found wrong ever, of one derivation or table of counts."""

    derivation: str
    found_rows: int
    found_at: datetime


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A process of Backbeat, by its own account.

    ``parts``: index, jobs, web. ``state``: what its block loop is doing, empty without one. It is there while it was
    ``seen_seconds_ago`` no longer ago than PROCESS_SECONDS_MAX.
    """

    host: str
    pid: int
    version: str
    parts: Sequence[str]
    state: str
    started_at: datetime
    up_seconds: float
    seen_seconds_ago: float

    @property
    def is_there(self) -> bool:
        """Say whether it said so lately."""
        return self.seen_seconds_ago <= PROCESS_SECONDS_MAX


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
    """The PostgreSQL server that holds everything. ``clock_skew_seconds``: how far its clock is ahead of ours."""

    version: str
    name: str
    size_bytes: int
    connections: int
    connections_max: int
    clock_skew_seconds: float


class ChangeLogStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The log of changed keys with its index, and how far each of its consumers is behind, the furthest first.

    What waits is counted up to about a thousand rows of the log; ``seconds`` is exact.
    """

    size_bytes: int = 0
    consumers: tuple[ConsumerLag, ...] = ()


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at one instant.

    ``transactions`` are counted by kind, ``pairs`` by entity type and action, ``rejected`` by reason.
    ``rejected_bytes``: about what the refused transactions that are kept take. ``drift``: rows that verifications found
    wrong. ``obstacles``: what kept this process' lanes from working lately.
    """

    at: datetime
    version: str
    headline: str
    tone: Tone
    healthy: bool
    indexer: IndexerStatus | None
    transactions: tuple[Outcomes, ...]
    pairs: tuple[Outcomes, ...]
    rejected: tuple[ReasonCount, ...]
    replays: ReplayCounts = ReplayCounts()
    rejected_bytes: int = 0
    jobs: tuple[JobView, ...]
    change_log: ChangeLogStatus = ChangeLogStatus()
    drift: tuple[Drift, ...] = ()
    processes: tuple[ProcessStatus, ...] = ()
    moves: ServerMoves = ServerMoves()
    obstacles: tuple[Obstacle, ...] = ()
    database: DatabaseStatus
    checks: tuple[Check, ...]
