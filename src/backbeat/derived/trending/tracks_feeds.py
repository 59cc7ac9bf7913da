"""What tells trending of tracks that something changed: five feeds, looked at together."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.derived.trending.edges import Edges, EdgesWindow
from backbeat.incremental.change_feed import ChangeFeed, ChangeWindow
from backbeat.incremental.due import Now
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow

CHANGED = load(__package__, "tracks_changed.sql")

PLAYS_MAX = 1_000_000  # in a run: a sequential read of one or two seconds, aggregated by track
ENGAGED_MAX = 10_000  # tracks in a run; each costs its saves and reposts
USERS_MAX = 5_000  # in a run, netted; each costs what he saved and reposted
TRACKS_MAX = 10_000  # edited in a run


class Windows(NamedTuple):
    """What is new since the last run."""

    plays: StampWindow
    engaged: ChangeWindow
    users: ChangeWindow
    tracks: ChangeWindow
    edges: EdgesWindow

    @property
    def are_quiet(self) -> bool:
        """Neither did anything change, nor did time change anything, nor does anything wait."""
        return all(window.is_quiet for window in self) and not self.edges.is_owing

    @property
    def need_rebuild(self) -> bool:
        """What changed cannot be told, or was never followed."""
        return any(window.needs_rebuild or not window.known for window in self)

    @property
    def span_seconds(self) -> float:
        """Return how much time lies between the last run and this one."""
        return (self.edges.frontier - self.edges.after).total_seconds()

    def to_now(self) -> Self:
        """Return the windows of a run: whatever it takes up, it does as of now."""
        return self._replace(edges=self.edges.whole())

    def whole(self) -> "Windows":
        """Return the windows of a rebuild."""
        return Windows(
            self.plays.whole(), self.engaged.whole(), self.users.whole(), self.tracks.whole(), self.edges.whole()
        )

    async def reserve(self, connection: AsyncConnection[Any]) -> "Windows":
        """Make sure, before a rebuild, that nothing is forgotten of what the log says from here on."""
        return self._replace(
            engaged=await self.engaged.reserve(connection),
            users=await self.users.reserve(connection),
            tracks=await self.tracks.reserve(connection),
        )


class Keys(NamedTuple):
    """What the change log named. ``everything``: there was a TRUNCATE, or a repair that named no keys."""

    engaged: list[int]
    users: list[int]
    tracks: list[int]
    rows_read: int
    everything: bool


class Feeds:
    """The positions of one derivation, all under its name."""

    def __init__(self, name: str, *, patience: timedelta, clock: Now | None, limits: Mapping[str, int]) -> None:
        self._plays = BlockFeed(name, "plays", Stamp.PLAY, limits.get("plays", PLAYS_MAX))
        self._engaged = ChangeFeed(f"{name}:engaged", "engaged_tracks", limits.get("engaged", ENGAGED_MAX))
        self._users = ChangeFeed(f"{name}:users", "karma_users", limits.get("users", USERS_MAX))
        self._tracks = ChangeFeed(f"{name}:tracks", "trending_tracks", limits.get("tracks", TRACKS_MAX))
        self._edges = Edges(name, patience, clock)

    async def peek(self, connection: AsyncConnection[Any]) -> Windows:
        """Return what is new, without locking or writing anything."""
        return Windows(
            plays=await self._plays.peek(connection),
            engaged=await self._engaged.peek(connection),
            users=await self._users.peek(connection),
            tracks=await self._tracks.peek(connection),
            edges=await self._edges.peek(connection),
        )


async def changed(connection: AsyncConnection[Any], windows: Windows) -> Keys:
    """Return the keys that the change log holds in the windows."""
    logs = [window for window in (windows.engaged, windows.users, windows.tracks) if not window.is_quiet]
    if not logs:
        return Keys([], [], [], 0, everything=False)
    values = {
        "streams": [window.stream for window in logs],
        "afters": [window.after for window in logs],
        "uptos": [window.upto for window in logs],
    }
    found = await (await connection.execute(CHANGED, values)).fetchall()
    keys = {stream: some for stream, some, _, _ in found}
    return Keys(
        engaged=keys.get(windows.engaged.stream, []),
        users=keys.get(windows.users.stream, []),
        tracks=keys.get(windows.tracks.stream, []),
        rows_read=sum(rows for _, _, rows, _ in found),
        everything=any(is_everything for *_, is_everything in found),
    )


def utc(instant: datetime) -> datetime:
    """Return an instant as the network's columns hold it."""
    return instant.astimezone(UTC).replace(tzinfo=None)
