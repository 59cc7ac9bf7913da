"""How many rows a scale means, and when they were written."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

ENDING = datetime(2026, 3, 26, 12)  # noqa: DTZ001 - UTC, as the tables hold it; three days before a month window jumps back
YEARS_TWO = timedelta(days=730)  # what blocks, plays and engagements spread over; users and tracks reach further back


class Sizes(NamedTuple):
    """Rows per table; at scale 1 a tenth of what the main network had in 2026."""

    users: int
    tracks: int
    playlists: int
    follows: int
    saves: int
    reposts: int
    plays: int
    comments: int
    contests: int
    purchases: int
    blocks: int

    def values(self) -> dict[str, Any]:
        """Return what the statements bind."""
        return {**self._asdict(), "ending": ENDING}


FULL = Sizes(
    users=320_000,
    tracks=190_000,
    playlists=100_000,
    follows=2_600_000,
    saves=1_000_000,
    reposts=590_000,
    plays=20_000_000,
    comments=50_000,
    contests=300,
    purchases=20_000,
    blocks=420_000,
)
"""Scale 1. Follows, saves, reposts: pairs that turn out equal are written once, so a few percent fewer."""

HOURS = YEARS_TWO / timedelta(hours=1)


def sizes(scale: float) -> Sizes:
    """Return the sizes at a scale."""
    return Sizes(*(max(20, round(count * scale)) for count in FULL))
