"""How many tracks, playlists and users sitemaps list, for the pages of them (domain: derived state, 4.16 and 8.2).

Kept for each user with ten followers or more; a trigger adds up what a run writes, so the three sums are a row to read.
Rows read per change: a user's counts and its row here; of a track or playlist also its address. Rows read per owner who
has ten followers and of whom something changed: its addresses, and what is at each. A follower more or less is nothing
to count, unless it is the tenth.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.sql import compose, load
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Derivation, Dirty, Postponed
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.report import Compared

NAME = "aggregates.entity_counts"
STREAM = "listed_owners"
OWNERS_MAX = 1_000  # in a run, each with all its addresses
CHANGES_MAX = 10_000  # in a run, of each stream: two or three index probes each
COLUMNS = ("tracks", "playlists", "users")


class Sums:
    """The row that holds the sums. Runs leave it to the trigger; a rebuild adds up again."""

    def __init__(self) -> None:
        self._merge = Merge(
            load(__package__, "entity_counts_sums.sql"),
            Target(table=("backbeat", "entity_counts"), key=("singleton",), values=COLUMNS),
        )

    async def refresh(self, connection: AsyncConnection[Any], values: Mapping[str, Any]) -> None:
        """Correct the sums, after a rebuild of what they are taken of."""
        if values["keys"] is None:
            await self._merge.write(connection, None, {})

    async def audit(self, connection: AsyncConnection[Any], _values: Mapping[str, Any]) -> Compared:
        """Compare the sums with what they are taken of."""
        return await self._merge.audit(connection, [], {})


def _told_by(name: str, stream: str, keys: str) -> Dirty:
    return Dirty(ChangeFeed(f"aggregates:entity_counts:{name}", stream, CHANGES_MAX), keys)


def _by_address(routes: str, key: str) -> str:
    return compose(__package__, "entity_counts_routes.sql", routes=routes, id=key).as_string()


ENTITY_COUNTS = Derivation(
    NAME,
    dirty=(
        _told_by("followers", "followings", load(__package__, "entity_counts_followers.sql")),
        _told_by("owners", STREAM, load(__package__, "entity_counts_owners.sql")),
        _told_by("tracks", "trending_tracks", _by_address("track_routes", "track_id")),
        _told_by("playlists", "trending_playlists", _by_address("playlist_routes", "playlist_id")),
    ),
    query=load(__package__, "entity_counts.sql"),
    target=Target(table=("backbeat", "listed_owners"), key=("user_id",), values=COLUMNS, scope="user_id"),
    follow=Sums(),
    postponed=Postponed(STREAM, OWNERS_MAX),
)
