"""Whether two programs that followed the same simulated chain, each at its own time, hold the same rows in the end.

Both are brought to one height by a recording of the chain, and their jobs are run until nothing is left to do. What a
job wrote by the moment at which it looked may differ, and is told apart.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence

import msgspec

from backbeat.digest.content import CONTENT
from bench.home import Home, Tip
from bench.same_rows import Difference, compare
from bench.settled import settle

OF_THEIR_TIME: Mapping[str, Collection[str]] = {
    **{
        name if "." in name else f"public.{name}": {*table.aside}  # what `backbeat digest` leaves aside, with reasons
        for name, table in CONTENT.items()
        if table.aside
    },
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


class SameTip(msgspec.Struct, frozen=True, kw_only=True):
    """Two databases beside each other."""

    height: int
    """The height of both."""
    tables: int
    """Tables that hold rows."""
    rows: int
    """Rows that both have."""
    differing: dict[str, Sequence[str]]
    """Tables whose rows differ, and the columns whose values do."""
    of_their_time: Sequence[str]
    """Tables that differ only in what tells when a job looked."""
    kinds: dict[str, Mapping[str, tuple[int, int]]]
    """Of notifications and rewards the kinds that differ, and the number of rows in both."""
    only_in_one: Sequence[str]
    """Columns that one version alone has, which were not compared."""


async def compared(homes: Sequence[Home], tip: Tip) -> SameTip:
    """Bring two programs to the same height and compare their databases."""
    height = max([await home.height() for home in homes])
    for home in homes:
        await settle(home, tip, height)
    one, other = (home.postgres.url for home in homes)
    found = await asyncio.to_thread(compare, one, other, KINDS)
    differing = [each for each in found.differences if not _is_of_its_time(each)]
    return SameTip(
        height=height,
        tables=found.tables,
        rows=found.rows,
        differing={each.table: each.columns for each in differing},
        of_their_time=[each.table for each in found.differences if each not in differing],
        kinds={each.table: each.kinds for each in found.differences if each.table in KINDS},
        only_in_one=found.columns,
    )


def _is_of_its_time(found: Difference) -> bool:
    if found.table in OF_THEIR_TIME:
        return bool(found.columns) and {*found.columns} <= {*OF_THEIR_TIME[found.table]}
    return found.table in KINDS and bool(found.kinds) and {*found.kinds} <= ON_A_RANKING
