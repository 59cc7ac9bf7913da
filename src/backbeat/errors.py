"""Every error that Backbeat raises on purpose: a code, a sentence, a cure and an exit status.

A *rejected transaction* is not an error: see :mod:`backbeat.index.reject`.
"""

from enum import IntEnum

from backbeat.masking import mask


class Exit(IntEnum):
    """Exit statuses of the command line (sysexits where one fits)."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    UNVERIFIED = 3  # nothing was compared, or nothing could be
    DATA = 65  # the input is not what it claims to be
    UNAVAILABLE = 69  # a database or node that we need cannot be reached
    SOFTWARE = 70  # a defect of ours
    OUTPUT = 74  # what was to be printed or written to a file could not be
    CONFIG = 78  # settings that cannot work, or a database that they name and that is not ours


class BackbeatError(Exception):
    """A failure that a person can act on.

    * ``code``: stable snake_case for machines.
    * ``message``: one sentence for people; secrets in it are masked.
    * ``cure``: what to do next; secrets in it are masked.
    * ``exit_status``: of the command line; subclasses fix it.
    """

    exit_status: Exit = Exit.FAILURE

    def __init__(self, code: str, message: str, *, cure: str) -> None:
        self.code = code
        self.message = mask(message)
        self.cure = mask(cure)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class ConfigError(BackbeatError):
    """Settings that cannot work, found before anything was written."""

    exit_status = Exit.CONFIG


class ArgumentError(BackbeatError):
    """An argument of the command line that cannot be used."""

    exit_status = Exit.USAGE


class OutputError(BackbeatError):
    """What was to be printed, or a file that was named, cannot be written or read."""

    exit_status = Exit.OUTPUT


class DatabaseError(BackbeatError):
    """The database cannot be used as asked."""

    exit_status = Exit.UNAVAILABLE


class UnfitDatabaseError(DatabaseError):
    """The database is not one that this program works on: empty, another program's, or of another version."""

    exit_status = Exit.CONFIG


class RefusedByDatabaseError(DatabaseError):
    """The server works, and refuses what was asked of it."""

    exit_status = Exit.FAILURE


class MigrationFailedError(DatabaseError):
    """The server refused a migration, of which nothing is left."""

    exit_status = Exit.FAILURE


class AdoptionError(BackbeatError):
    """A database that another program made cannot be adopted, or given back, as it is."""


class SourceError(BackbeatError):
    """A chain source cannot serve blocks (node unreachable, recording unreadable)."""

    exit_status = Exit.UNAVAILABLE


class ChainDataError(BackbeatError):
    """A source served something that cannot be the chain we index: wrong chain, wrong height, a gap, damaged bytes."""

    exit_status = Exit.DATA


class OutgoingError(BackbeatError):
    """Another program cannot be asked over HTTP, or answers what cannot be used.

    * ``status``: the HTTP status of its answer, 0 if there was none.
    * ``retry_seconds``: how long it asks us to wait, 0 if it does not.
    """

    exit_status = Exit.UNAVAILABLE

    def __init__(self, code: str, message: str, *, cure: str, status: int = 0, retry_seconds: float = 0.0) -> None:
        super().__init__(code, message, cure=cure)
        self.status = status
        self.retry_seconds = retry_seconds


class JobError(BackbeatError):
    """A job cannot do what was asked of it."""

    exit_status = Exit.USAGE


class JobCancelledError(BackbeatError):
    """An operator ended a run; what it had committed stays."""


class JobsFailedError(BackbeatError):
    """A program that ends once all is settled ends with jobs that failed."""


class PlaysLostError(BackbeatError):
    """Plays are gone that a table counted, and nothing is left to count them again by."""


class ChallengeError(BackbeatError):
    """Unknown challenge, or one that cannot be explained."""

    exit_status = Exit.USAGE


class DigestError(BackbeatError):
    """Two states cannot be told or compared as asked."""

    exit_status = Exit.UNAVAILABLE


class DigestAnswerError(BackbeatError):
    """Another instance answers what no state can be."""

    exit_status = Exit.DATA


class TrendingError(BackbeatError):
    """A question about trending that cannot be answered."""

    exit_status = Exit.USAGE


class WrittenMeanwhileError(BackbeatError):
    """Another session wrote rows between a run's reading and writing them; the run is rolled back."""


class JobTimeoutError(BackbeatError):
    """A run took longer than its job allows and was cancelled."""


class LeaseHeldError(BackbeatError):
    """Another process holds the lease, and what was asked must not be done beside it."""


class LeaseLostError(BackbeatError):
    """Another process holds the lease now; this one must not write any more."""
