"""Codes that several parts agree on, and ages that several parts judge by.

A code is what tables hold, SQL compares, and the status, the metrics and the log tell programs; it is not reworded.
What people read for one is in :mod:`backbeat.observe.words`.
"""

from enum import StrEnum


class Phase(StrEnum):
    """What the block loop is doing."""

    STARTING = "starting"
    WAITING = "waiting for lease"
    CATCHING_UP = "catching up"
    AT_TIP = "at the tip"
    SOURCE_BEHIND = "waiting for the source"  # the source is below what was indexed
    STOPPED = "stopped"


class Outcome(StrEnum):
    """How a transaction ended."""

    APPLIED = "applied"
    REJECTED = "rejected"
    IGNORED = "ignored"


class RunOutcome(StrEnum):
    """How a run of a job ended. Lost: its worker never recorded the end, and another took the job over."""

    CHANGED = "changed"
    QUIET = "quiet"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


class JobState(StrEnum):
    """How a job stands.

    Late: its result is older than promised. Failing: it is not late yet, and its last runs failed. Waiting: it never
    had a run, and the first is not late yet; or it may have none, because no block is indexed here. Off: by the
    settings; nothing but an operator's `jobs run` starts it.
    """

    FRESH = "fresh"
    FAILING = "failing"
    LATE = "late"
    PAUSED = "paused"
    WAITING = "waiting"
    OFF = "off"


class Part(StrEnum):
    """What may run in a process of its own, or together with the others."""

    INDEX = "index"
    JOBS = "jobs"
    WEB = "web"


class LaneName(StrEnum):
    """Which connections a kind of work has to itself."""

    INDEXING = "indexing"
    CONTROL = "control"
    JOBS = "jobs"
    STATUS = "status"
    READS = "reads"


class ServerMove(StrEnum):
    """How a database came to another server, or to another line of its history."""

    RESTORED = "restored"
    PROMOTED = "promoted"


class CheckName(StrEnum):
    """The checks of readiness that are not named after a job or a lane."""

    DATABASE = "database"
    MIGRATIONS = "migrations"
    INDEXER = "indexer"
    COMMITS = "commits"
    LAG = "lag"
    SOURCE = "chain source"
    CHANGE_LOG = "change log"
    SERVER = "server"
    PLAYS = "plays"
    AUDITS = "audits"
    TRIGGERS = "triggers of others"
    WRITER = "another writer"
    TABLES = "written tables"
    SLOTS = "slots of plays"


HEARTBEAT_SECONDS_MAX = 15.0  # the indexer reports every second, its lease lasts ten: after this it is not running
HEAD_SECONDS_MAX = 60.0  # a head seen longer ago than this says nothing about now
FAILURES_MIN = 2  # in a row: the first may be a conflict that the next run, a second later, does not meet
FRONTIER_SECONDS_MAX = 10.0  # a frontier that moved within these is moving: at the tip blocks are seconds apart

_NOTES = ("A", "B flat", "B", "C", "D flat", "D", "E flat", "E", "F", "G flat", "G", "A flat")
MUSICAL_KEYS = (*(f"{note} {mode}" for note in _NOTES for mode in ("major", "minor")), "Silence")
"""What a track's key may be, said by the chain or by a content node that analysed the audio."""
