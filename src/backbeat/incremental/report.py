"""What a run did, and what an audit found."""

from typing import Any, NamedTuple

import msgspec


class Moved(msgspec.Struct, frozen=True):
    """A checkpoint and where a run took it: a stamp, a transaction id, or seconds since 1970."""

    checkpoint: str
    before: int
    after: int


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """One incremental run or rebuild.

    ``keys``: distinct keys recomputed (folds: 0). ``rows_read``: rows that the feeds delivered, or for a rebuild the
    rows computed. ``more``: the batch limit left a rest, or another worker was ahead; run again at once. ``lost``:
    another worker was ahead, and nothing was done.
    """

    name: str
    keys: int = 0
    rows_read: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    moved: tuple[Moved, ...] = ()
    more: bool = False
    lost: bool = False

    @classmethod
    def lost_to_another(cls, name: str) -> "RunReport":
        """Return the report of a run that found its positions moved, and did nothing."""
        return cls(name=name, more=True, lost=True)

    @property
    def is_quiet(self) -> bool:
        """The run found nothing to do and wrote nothing."""
        return not (self.moved or self.rows_written or self.more)

    @property
    def rows_written(self) -> int:
        """Return how many rows of the target changed."""
        return self.inserted + self.updated + self.deleted

    def then(self, later: "RunReport") -> "RunReport":
        """Return this batch and the one after it as one report."""
        reached = {move.checkpoint: move for move in self.moved}
        for move in later.moved:
            first = reached.get(move.checkpoint, move)
            reached[move.checkpoint] = Moved(move.checkpoint, first.before, move.after)
        return RunReport(
            name=later.name,
            keys=self.keys + later.keys,
            rows_read=self.rows_read + later.rows_read,
            inserted=self.inserted + later.inserted,
            updated=self.updated + later.updated,
            deleted=self.deleted + later.deleted,
            moved=tuple(reached.values()),
            more=later.more,
            lost=self.lost and later.lost,
        )


SAMPLES_MAX = 10  # as audit.sql gives


class Compared(NamedTuple):
    """How a target compares with the query. Samples hold at most ten rows each."""

    compared: int
    missing: int
    extra: int
    missing_sample: list[dict[str, Any]]
    extra_sample: list[dict[str, Any]]

    def and_also(self, other: "Compared") -> "Compared":
        """Return both comparisons as one."""
        return Compared(
            self.compared + other.compared,
            self.missing + other.missing,
            self.extra + other.extra,
            [*self.missing_sample, *other.missing_sample][:SAMPLES_MAX],
            [*self.extra_sample, *other.extra_sample][:SAMPLES_MAX],
        )


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """The target against a full recompute.

    ``missing`` rows should be there and are not, ``extra`` rows are there and should not be; a wrong value counts as
    one of each. ``pending`` keys have changes that no run has seen yet; they were left out. ``samples`` holds some of
    the rows, at most ten of each. ``stale``: the definition or its parameters changed since the last run, which the
    next run will answer with a rebuild; nothing was compared.
    """

    name: str
    compared: int = 0
    missing: int = 0
    extra: int = 0
    pending: int = 0
    stale: bool = False
    samples: dict[str, list[dict[str, Any]]] = {}

    @classmethod
    def of(cls, name: str, found: Compared, *, pending: int = 0) -> "AuditReport":
        """Return the report of a comparison."""
        samples = {"missing": found.missing_sample, "extra": found.extra_sample}
        return cls(
            name=name,
            compared=found.compared,
            missing=found.missing,
            extra=found.extra,
            pending=pending,
            samples=samples,
        )

    @property
    def is_clean(self) -> bool:
        """Nothing differs."""
        return not (self.missing or self.extra)
