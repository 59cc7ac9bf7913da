"""What a run did, and what an audit found."""

from typing import Any, NamedTuple

import msgspec


class Moved(msgspec.Struct, frozen=True):
    """A checkpoint and where a run took it: a stamp, a transaction id, or seconds since 1970."""

    checkpoint: str
    before: int
    after: int


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """One incremental run or rebuild."""

    name: str
    """The keeper's."""

    keys: int = 0
    """Distinct keys recomputed (folds: 0)."""

    rows_read: int = 0
    """Rows that the feeds delivered, or for a rebuild the rows computed."""

    inserted: int = 0
    """Rows of the target that were new."""

    updated: int = 0
    """Rows of the target that changed."""

    deleted: int = 0
    """Rows of the target that vanished."""

    moved: tuple[Moved, ...] = ()
    """Where positions went."""

    more: bool = False
    """Something is pending, or another worker was ahead; run again at once."""

    conflict: bool = False
    """Another worker was ahead, and nothing was done."""

    off: bool = False
    """Parameters have switched it off, or a part of it, and it did nothing: whatever feeds tell, positions stay."""

    @classmethod
    def conflicted(cls, name: str) -> "RunReport":
        """Return the report of a run that found its positions moved, and did nothing."""
        return cls(name=name, more=True, conflict=True)

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
            conflict=self.conflict and later.conflict,
            off=self.off and later.off,
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
    """The target against a full recompute; a wrong value counts as a missing row and an extra one."""

    name: str
    """The keeper's."""

    compared: int = 0
    """Rows that were compared."""

    missing: int = 0
    """Rows that should be there and are not."""

    extra: int = 0
    """Rows that are there and should not be."""

    pending: int = 0
    """Keys with changes that no run has seen yet; they were left out."""

    stale: bool = False
    """The definition or its parameters changed since the last run; the next one rebuilds. Nothing was compared."""

    samples: dict[str, list[dict[str, Any]]] = {}
    """Some of the rows, at most ten of each kind."""

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
