"""Tells listeners, such as a search indexer or a cache, which rows blocks changed, where a setting asks for that.

The network's triggers do it for each row within the block's transaction. Here it is done behind the commit, once a
second, and bounded: the block loop never waits for it, and a listener that does not read stops nothing but this.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, NamedTuple

import psycopg
import structlog
from psycopg.sql import SQL, Composed, Identifier, Literal

from backbeat.clock import Clock
from backbeat.db.outage import first_line
from backbeat.db.pool import Pool
from backbeat.db.query import one
from backbeat.db.sql import compose, load, rendered
from backbeat.errors import DatabaseError
from backbeat.service import until

BEGIN = load(__package__, "row_notices_begin.sql")

NAME: Final = "row_notices"
TICK_SECONDS: Final = 1.0  # a block a second at the tip
ROWS_MAX: Final = 1_000  # told a second: some 500 KB of the server's queue, and more than the network ever writes
BLOCKS_MAX: Final = 3_600  # an hour: who was away for longer reads the tables again

PAYLOADS: Final[Mapping[str, tuple[str, ...]]] = {
    "users": ("user_id", "blocknumber"),
    "tracks": ("track_id", "updated_at", "created_at", "blocknumber"),
    "playlists": ("playlist_id",),
    "follows": (),
    "saves": (),
    "reposts": (),
    "shares": (),
}
"""What a notice holds of a row, by table; nothing named: all of it."""
HISTORIES: Final = frozenset({"shares"})
"""Tables of which every row is current."""


def _of(table: str, columns: tuple[str, ...]) -> Composed:
    named = [part for column in columns for part in (Literal(column), Identifier("r", column))]
    payload = SQL("json_build_object({})").format(SQL(", ").join(named)) if named else SQL("row_to_json(r)")
    return compose(
        __package__,
        "row_notices_of.sql",
        channel=Literal(table),
        table=Identifier(table),
        payload=payload,
        current=SQL("true") if table in HISTORIES else Identifier("r", "is_current"),
    )


TELL: Final = rendered(
    __package__,
    "row_notices.sql",
    every_table=SQL("UNION ALL\n").join(_of(table, columns) for table, columns in PAYLOADS.items()),
)

log = structlog.get_logger(__name__)


class Told(NamedTuple):
    """What a tick did: how many notices, and up to which block; None: there was nothing, or another process does it."""

    told: int
    block_number: int | None


class RowNotices:
    """The service that tells of rows, through ``pool``. One process at a time does; others pass."""

    name = "row notices"

    def __init__(self, pool: Pool, clock: Clock, *, rows_max: int = ROWS_MAX) -> None:
        self._pool = pool
        self._clock = clock
        self._values = {"name": NAME, "rows_max": rows_max, "blocks_max": BLOCKS_MAX}
        self._drained = asyncio.Event()
        self._is_away = False

    async def run(self) -> None:
        """Tell once a second until drained, also through outages."""
        if not self._drained.is_set():
            await until(self._keep(), self._drained)

    def drain(self) -> None:
        """Tell no more."""
        self._drained.set()

    async def tick(self) -> Told:
        """Tell of what is there, as much as a second allows."""
        async with self._pool.connection(TICK_SECONDS) as connection:
            await connection.execute(BEGIN, {"name": NAME})
            return Told(*await one(connection, tuple, TELL, self._values))

    async def _keep(self) -> None:
        while True:
            try:
                await self.tick()
                self._is_away = False
            except (psycopg.Error, DatabaseError) as error:  # a part that only tells must not end those that work
                if not self._is_away:
                    log.warning("rows_not_told", error=first_line(error))
                self._is_away = True
            await self._clock.sleep(TICK_SECONDS)
