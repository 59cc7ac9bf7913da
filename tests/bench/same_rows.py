"""Whether two databases that followed the same simulated chain, each at its own time, hold the same rows in the end.

Both are brought to one height by a recording of the chain, and their jobs are run until nothing is left to do.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec
import psycopg
from chaos.content import Columns, columns, content
from psycopg.sql import SQL, Identifier

from bench.programs import Home, Tip
from bench.settled import settle

OF_THEIR_TIME: Mapping[str, Collection[str]] = {
    "backbeat.trending_leaders": {"previous_rank", "since"},
    "public.playlist_trending_scores": {"score", "created_at"},  # what a score is depends on the hour that it is of
    "public.track_trending_scores": {"score", "created_at"},
    "public.playlists": {"updated_at"},  # what was released was released then
    "public.tracks": {"updated_at"},
    # who led a ranking at its hour, had which score at the look, or was told of another reward within the hour
    "public.notification": {"type", "type_v2", "slot", "user_ids"},
    # rewards for places on a ranking, see below, count
    "public.user_score_features": {"challenge_count"},
    "public.aggregate_user": {"score"},
}
"""Columns that tell when a job looked, not only what the blocks hold."""

KINDS: Mapping[str, str] = {
    "public.notification": "type",
    "public.user_challenges": "challenge_id",
    "backbeat.cooldowns": "challenge_id",
}
"""Tables whose rows are compared kind by kind as well, and the column that says the kind."""

ON_A_RANKING = {"t", "tt", "tut", "tp"}
"""Challenges that are earned by a place on a ranking as it is when its job looks."""

OF_A_VERSION = {("backbeat", "objects")}
"""Tables that describe the program."""

HASHES = SQL("""
SELECT kind, count(*), md5(string_agg(line, E'\\n' ORDER BY line))
FROM (SELECT {kind}::text AS kind, ROW({columns})::text AS line FROM {table}) AS lines
GROUP BY kind
""")


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
    kinds: dict[str, dict[str, tuple[int, int]]]
    """Of notifications and rewards the kinds that differ, and the number of rows in both."""
    only_in_one: list[str]
    """Columns that one version alone has, which were not compared."""


async def compare(homes: Sequence[Home], tip: Tip) -> Comparison:
    """Bring both to the same height and compare them."""
    height = max([await home.height() for home in homes])
    for home in homes:
        await settle(home, tip, height)
    urls = [home.postgres.url for home in homes]
    one, other = map(columns, urls)
    both = (one.keys() & other.keys()) - OF_A_VERSION
    common = {table: [name for name in one[table] if name in other[table]] for table in both}
    left, right = (content(url, common) for url in urls)
    differing = {
        table: _columns(urls, (schema, name), common[schema, name])
        for schema, name in sorted(common)
        if left.get(table := f"{schema}.{name}") != right.get(table)
    }
    kinds = {table: _kinds(urls, table, common) for table in differing if table in KINDS}
    excused = [table for table, names in differing.items() if _is_excused(table, names, kinds.get(table, {}))]
    return Comparison(
        height=height,
        tables=len(left.keys() & right.keys()),
        rows=sum(count for count, _ in left.values()),
        differing={table: names for table, names in differing.items() if table not in excused},
        of_their_time=excused,
        kinds=kinds,
        only_in_one=sorted(_names(one) ^ _names(other)),
    )


def _columns(urls: Sequence[str], table: tuple[str, str], names: Sequence[str]) -> list[str]:
    """Return the columns of a table whose values differ, each by itself."""
    hashes = ([content(url, {table: [name]}) for url in urls] for name in names)
    return [name for name, (one, other) in zip(names, hashes, strict=True) if one != other]


def _kinds(urls: Sequence[str], table: str, common: Columns) -> dict[str, tuple[int, int]]:
    """Return how many rows each kind has in both whose rows differ."""
    schema, _, name = table.partition(".")
    kept = SQL(", ").join(map(Identifier, common[schema, name]))
    query = HASHES.format(kind=Identifier(KINDS[table]), columns=kept, table=Identifier(schema, name))
    found: list[dict[str, tuple[int, str]]] = []
    for url in urls:
        with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as session:
            found.append({kind: (count, line) for kind, count, line in session.execute(query).fetchall()})
    one, other = found
    differing = sorted(kind for kind in one.keys() | other.keys() if one.get(kind) != other.get(kind))
    return {kind: (one.get(kind, (0, ""))[0], other.get(kind, (0, ""))[0]) for kind in differing}


def _is_excused(table: str, names: Collection[str], kinds: Collection[str]) -> bool:
    if table in OF_THEIR_TIME:
        return bool(names) and {*names} <= {*OF_THEIR_TIME[table]}
    return bool(kinds) and {*kinds} <= ON_A_RANKING


def _names(tables: Mapping[tuple[str, str], Sequence[str]]) -> set[str]:
    return {f"{schema}.{table}.{name}" for (schema, table), names in tables.items() for name in names}
