"""What tells trending of tracks that something changed: five feeds, looked at together."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.derived.trending.edges import Edges
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.due import Now
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.run import Positions
from backbeat.incremental.window import AnyFeed

CHANGED = load(__package__, "tracks_changed.sql")

PLAYS_MAX = 1_000_000  # in a run: a sequential read of one or two seconds, aggregated by track
ENGAGED_MAX = 10_000  # tracks in a run; each costs its saves and reposts
USERS_MAX = 5_000  # in a run, netted; each costs what he saved and reposted
TRACKS_MAX = 10_000  # edited in a run


class Keys(NamedTuple):
    """What the change log named. ``everything``: there was a TRUNCATE, or a repair that named no keys."""

    engaged: list[int]
    users: list[int]
    tracks: list[int]
    rows_read: int
    everything: bool


NONE = Keys([], [], [], 0, everything=False)


class Feeds:
    """The positions of one derivation, all under its name."""

    def __init__(self, name: str, *, patience: timedelta, clock: Now | None, limits: Mapping[str, int]) -> None:
        self.plays = BlockFeed(name, "plays", Stamp.PLAY, limits.get("plays", PLAYS_MAX))
        self.engaged = ChangeFeed(f"{name}:engaged", "engaged_tracks", limits.get("engaged", ENGAGED_MAX))
        self.users = ChangeFeed(f"{name}:users", "karma_users", limits.get("users", USERS_MAX))
        self.tracks = ChangeFeed(f"{name}:tracks", "trending_tracks", limits.get("tracks", TRACKS_MAX))
        self.edges = Edges(name, patience, clock)
        self.all: tuple[AnyFeed, ...] = (self.plays, self.engaged, self.users, self.tracks, self.edges)

    async def peek(self, connection: AsyncConnection[Any]) -> Positions:
        """Return what is new, without locking or writing anything."""
        return await Positions.peek(connection, self.all)

    def to_now(self, positions: Positions) -> Positions:
        """Return the positions of a run: whatever it takes up, it does as of now."""
        return positions.replaced(self.edges, positions.of(self.edges).whole())

    async def changed(self, connection: AsyncConnection[Any], positions: Positions) -> Keys:
        """Return the keys that the change log holds in the windows."""
        windows = [positions.of(feed) for feed in (self.engaged, self.users, self.tracks)]
        logs = [window for window in windows if not window.is_quiet]
        if not logs:
            return NONE
        values = {
            "streams": [window.stream for window in logs],
            "afters": [window.after for window in logs],
            "uptos": [window.upto for window in logs],
        }
        found = await (await connection.execute(CHANGED, values)).fetchall()
        keys = {stream: some for stream, some, _, _ in found}
        return Keys(
            engaged=keys.get(self.engaged.stream, []),
            users=keys.get(self.users.stream, []),
            tracks=keys.get(self.tracks.stream, []),
            rows_read=sum(rows for _, _, rows, _ in found),
            everything=any(is_everything for *_, is_everything in found),
        )
