"""Whether two databases that followed the same simulated chain, each at its own time, hold the same rows in the end.

Both are brought to one height by a recording of the chain, and their jobs are run until nothing is left to do.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from chaos.content import columns, content

from bench.programs import Home, Tip
from bench.server import connect
from bench.settled import settle

OF_THEIR_TIME: Mapping[str, Collection[str]] = {
    "backbeat.trending_leaders": {"previous_rank", "since"},
    "public.playlist_trending_scores": {"score", "created_at"},  # what a score is depends on the hour that it is of
    "public.track_trending_scores": {"score", "created_at"},
    "public.playlists": {"updated_at"},  # what was released was released then
    "public.tracks": {"updated_at"},
    # who led a ranking at its hour, had which score at the look, or was told of another reward within the hour
    "public.notification": {"type", "type_v2", "slot", "user_ids"},
}
"""Columns that tell when a job looked, not only what the blocks hold."""
NOTIFICATIONS = "SELECT type, count(*) FROM notification GROUP BY 1"


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two databases beside each other."""

    height: int
    """The height of both."""
    tables: int
    """Tables that hold rows in both."""
    rows: int
    """Rows in them."""
    differing: dict[str, list[str]]
    """Tables whose rows differ, and the columns whose values do."""
    of_their_time: list[str]
    """Tables that differ only in columns that tell when a job looked."""
    notifications: dict[str, tuple[int, int]]
    """Kinds of notifications whose number differs, and both numbers."""
    only_in_one: list[str]
    """Columns that one version alone has, which were not compared."""


async def compare(homes: Sequence[Home], tip: Tip) -> Comparison:
    """Bring both to the same height and compare them."""
    height = max([await home.height() for home in homes])
    for home in homes:
        await settle(home, tip, height)
    urls = [home.postgres.url for home in homes]
    one, other = map(columns, urls)
    common = {table: [name for name in one[table] if name in other[table]] for table in one.keys() & other.keys()}
    left, right = (content(url, common) for url in urls)
    differing = {
        table: _columns(urls, (schema, name), common[schema, name])
        for schema, name in sorted(common)
        if left.get(table := f"{schema}.{name}") != right.get(table)
    }
    excused = [table for table, names in differing.items() if names and {*names} <= {*OF_THEIR_TIME.get(table, ())}]
    return Comparison(
        height=height,
        tables=len(left.keys() & right.keys()),
        rows=sum(count for count, _ in left.values()),
        differing={table: names for table, names in differing.items() if table not in excused},
        of_their_time=excused,
        notifications=_unequal(*[await _notifications(home) for home in homes]),
        only_in_one=sorted(_names(one) ^ _names(other)),
    )


def _columns(urls: Sequence[str], table: tuple[str, str], names: Sequence[str]) -> list[str]:
    """Return the columns of a table whose values differ, each by itself."""
    hashes = ([content(url, {table: [name]}) for url in urls] for name in names)
    return [name for name, (one, other) in zip(names, hashes, strict=True) if one != other]


async def _notifications(home: Home) -> dict[str, int]:
    async with await connect(home.postgres.url) as session:
        return dict(await (await session.execute(NOTIFICATIONS.encode())).fetchall())


def _unequal(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    both = {kind: (one.get(kind, 0), other.get(kind, 0)) for kind in one.keys() | other.keys()}
    return {kind: numbers for kind, numbers in sorted(both.items()) if len({*numbers}) > 1}


def _names(tables: Mapping[tuple[str, str], Sequence[str]]) -> set[str]:
    return {f"{schema}.{table}.{name}" for (schema, table), names in tables.items() for name in names}
