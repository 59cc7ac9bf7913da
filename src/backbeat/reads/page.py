"""A page of a list: how many rows it may hold, and where the next one begins."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

ROWS_MAX = 200
ROWS_DEFAULT = 50

R = TypeVar("R")


class Page(msgspec.Struct, Generic[R], frozen=True):
    """Rows, newest first. ``next``: what to ask for to get those after them, None on the last page."""

    rows: Sequence[R]
    next: str | None

    @classmethod
    def of(cls, rows: Sequence[R], limit: int, place: Callable[[R], object]) -> "Page[R]":
        """Return the page that ``rows`` make, of which ``limit`` were asked for; ``place``: where one stands."""
        return cls(rows, str(place(rows[-1])) if len(rows) == limit else None)

    def named(self, name: str) -> dict[str, Any]:
        """Return what an answer holds, the rows under their name."""
        return {name: self.rows, "next": self.next}
