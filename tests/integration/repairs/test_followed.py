"""The queue follows every edit of any column that it reads, without a block number of its own.

The columns are those that PostgreSQL says the query of the queue reads.
"""

from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from backbeat.derived.repairs.audio_analysis import AUDIO_ANALYSIS
from backbeat.derived.repairs.repair import Repair
from backbeat.derived.repairs.track_cid import TRACK_CID
from builders.content_nodes import RepairWorld, song, upload
from harness.columns_read import columns_read

OTHERS = {  # values of a column's type; what a constraint refuses is none of them
    "boolean": ("NOT coalesce({0}, false)", "NULL"),
    "integer": ("{0} + 3",),
    "double precision": ("coalesce({0}, 0) + 1", "NULL"),
    "character varying": ("'Podcasts'", "''", "NULL"),
    "jsonb": ("'{{}}'", "NULL"),
    "timestamp without time zone": ("{0} + interval '1 day'",),
}
NEVER_EMPTY = {"is_current", "is_delete"}
READ_MIN = {AUDIO_ANALYSIS.name: 11, TRACK_CID.name: 7}


@pytest.mark.parametrize("repair", [AUDIO_ANALYSIS, TRACK_CID], ids=lambda repair: repair.name)
async def test_an_edit_of_any_column_is_followed(world: RepairWorld, repair: Repair[Any]) -> None:
    await world.apply([song(1, audio_upload_id="up1"), song(2, musical_key="A major"), upload(3), upload(4)])
    await world.world.run(repair)
    bound: dict[str, Any] = {"keys": None, "pending": [], "now": None, "clock": None}
    read = [each for each in await columns_read(world.connection, repair.queue._merge._audit, bound) if _is_base(each)]
    assert len(read) >= READ_MIN[repair.name]
    for column in read:
        name = Identifier(column.name)
        for other in OTHERS[column.type]:
            if column.name == "track_id" or (other == "NULL" and column.name in NEVER_EMPTY):
                continue
            await world.connection.execute("CREATE TEMP TABLE kept AS TABLE tracks")
            await world.connection.execute(SQL("UPDATE tracks SET {} = ").format(name) + SQL(other).format(name))
            await _check(world, repair, (column.name, other))
            await world.connection.execute(
                SQL("UPDATE tracks SET {0} = kept.{0} FROM kept WHERE kept.track_id = tracks.track_id").format(name)
            )
            await _check(world, repair, (column.name, other, "back"))
            await world.connection.execute("DROP TABLE kept")


def _is_base(column: Any) -> bool:
    return bool(column.table == "tracks")


async def _check(world: RepairWorld, repair: Repair[Any], what: object) -> None:
    await world.world.run(repair)
    found = await repair.audit(world.connection)
    assert (found.is_clean, found.pending) == (True, 0), (what, found)
