"""A tick of every job when nothing changed, by the number of plays in the database."""

from collections import defaultdict

from bench.figure import Figure
from bench.quiet_ticks import measure
from bench.scope import Scope

TICK_MS_MAX = 3.0
UNITS = {"median_ms": "ms", "buffers": "buffers", "rows_written": "rows written in all ticks"}


async def quiet(scope: Scope) -> list[Figure]:
    """Measure with 10 thousand plays, with ``--large`` also with 5 million."""
    sizes = (10_000, 5_000_000) if scope.large else (scope.size(10_000, 1_000),)
    seen: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    async with scope.server.database() as url:
        for row in await measure(url, sizes):
            for key in UNITS:
                if row[key] is not None:  # servers before 18 count no buffers
                    seen[f"{row['job']} at {row['plays']:,} plays", key].append(row[key])
    return [_figure(name, key, values) for (name, key), values in seen.items()]


def _figure(name: str, key: str, values: list[float]) -> Figure:
    at_most = {"median_ms": TICK_MS_MAX, "rows_written": 0.0}.get(key)
    return Figure(name, UNITS[key], values, at_most=at_most)
