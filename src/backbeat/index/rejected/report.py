"""What a replay came to, counted."""

from collections.abc import Iterable
from itertools import groupby

import msgspec

import backbeat
from backbeat.codes import Outcome
from backbeat.index.rejected.picking import Totals
from backbeat.index.rejected.result import Tried
from backbeat.index.wire.names import pair_name


class Ended(msgspec.Struct):
    """How transactions of one kind or wire pair ended."""

    applied: int = 0
    ignored: int = 0
    rejected: int = 0

    def add(self, became: Outcome) -> None:
        """Count one."""
        setattr(self, became, getattr(self, became) + 1)


class Report(msgspec.Struct, kw_only=True):
    """What a replay did, or would do."""

    dry_run: bool
    """Whether nothing was written."""
    found: int
    """How many transactions there were to replay when it began."""
    ended: Ended = msgspec.field(default_factory=Ended)
    """How those ended that it came to; a transaction of which some plays were refused was applied if any was."""
    by_pair: dict[str, Ended] = {}
    """The same by wire pair, or by kind where there is none."""
    by_reason: dict[str, int] = {}
    """Why transactions are refused still."""
    plays: int = 0
    """How many rows of plays were written."""
    without_bytes: int = 0
    """How many could not be replayed because their bytes are not kept."""
    forgotten: int = 0
    """How many more were refused for these reasons of which nothing is kept; 0 where a height was chosen."""
    stopped: bool = False
    """Whether it was asked to end before the end."""
    seconds: float = 0.0
    """How long it took."""
    version: str = backbeat.__version__
    """Which version tried them."""

    @property
    def done(self) -> int:
        """How many it came to."""
        return self.ended.applied + self.ended.ignored + self.ended.rejected

    def add(self, tried: Iterable[Tried], plays: int) -> None:
        """Count what became of some transactions, and the rows of plays they became."""
        self.plays += plays
        ordered = sorted(tried, key=lambda each: (each.refused.place, each.play_index))
        for _, rows in groupby(ordered, key=lambda each: each.refused.place):
            self._count(list(rows))

    def _count(self, rows: list[Tried]) -> None:
        first = next((row for row in rows if row.became is not Outcome.REJECTED), rows[0])
        refused = first.refused
        named = "" if refused.entity_type is None else pair_name(refused.entity_type, refused.action or "")
        self.ended.add(first.became)
        self.by_pair.setdefault(named or refused.kind, Ended()).add(first.became)
        if first.became is Outcome.REJECTED:
            self.by_reason[str(first.code)] = self.by_reason.get(str(first.code), 0) + 1


def begun(totals: Totals, *, dry_run: bool) -> Report:
    """Return the report of a replay that begins."""
    return Report(dry_run=dry_run, found=totals.found, without_bytes=totals.without_bytes, forgotten=totals.forgotten)
