"""What a benchmark says: named values, one per round, and the budget that they are held to."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One measured quantity, and what the design promises of it.

    The best round is judged: other work on the machine only ever makes a round worse.
    """

    name: str
    unit: str
    values: Sequence[float]
    at_least: float | None = None
    at_most: float | None = None

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def is_kept(self) -> bool | None:
        """Whether the budget is kept; None without one."""
        if self.at_least is not None:
            return max(self.values) >= self.at_least
        return None if self.at_most is None else min(self.values) <= self.at_most

    @property
    def budget(self) -> str:
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"

    def summary(self) -> dict[str, Any]:
        spread = {"min": min(self.values), "median": self.median, "max": max(self.values)}
        return {"name": self.name, "unit": self.unit, **spread, "budget": self.budget, "kept": self.is_kept}
