"""A made-up world that needs every kind of feed: songs come in blocks, fans from anywhere, releases with time.

The derived table says of every song how many fans its artist has, and whether it is out.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from hypothesis import strategies as st
from psycopg import AsyncConnection

from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.due import Due
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.merge import Target
from harness.chain_writer import wipe
from harness.check import World
from harness.emptying import empty

OPENING = datetime(2025, 6, 1, 12, tzinfo=UTC)
SONGS, ARTISTS, FANS = 6, 3, 4
MAKE = """
    CREATE TABLE IF NOT EXISTS public.songs (
        song_id int PRIMARY KEY, artist_id int, release_at timestamptz, blocknumber int
    );
    CREATE INDEX IF NOT EXISTS songs_release_at ON songs (release_at);
    CREATE TABLE IF NOT EXISTS public.fans (artist_id int, fan_id int, PRIMARY KEY (artist_id, fan_id));
    CREATE TABLE IF NOT EXISTS public.shelf (song_id int PRIMARY KEY, fans int, is_out boolean);
    CREATE TABLE IF NOT EXISTS public.wall_clock (now timestamptz);
    SELECT backbeat.capture('fans', 'fans', ARRAY['artist_id']);
"""
SHELF = """
    SELECT song_id, (SELECT count(*) FROM fans WHERE fans.artist_id = songs.artist_id)::int AS fans,
        coalesce(release_at <= %(now)s, true) AS is_out
    FROM songs
    WHERE %(keys)b::int[] IS NULL OR song_id = ANY (%(keys)b::int[])
"""
STAMPED = """
    SELECT song_id AS key, count(*) AS rows FROM songs
    WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s GROUP BY 1
"""
FOLLOWED = """
    SELECT songs.song_id AS key, count(*) AS rows
    FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS changed (artist_id)
    LEFT JOIN songs ON songs.artist_id = changed.artist_id::int
    WHERE changed.artist_id IS NULL OR songs.song_id IS NOT NULL
    GROUP BY 1
"""
RELEASED = """
    SELECT song_id AS key, count(*) AS rows FROM songs
    WHERE release_at > %(after)s AND release_at <= %(upto)s GROUP BY 1
"""


class Song(NamedTuple):
    song_id: int
    artist_id: int
    minutes: int | None  # until it is released, counted from the opening


class Fan(NamedTuple):
    artist_id: int
    fan_id: int


class Songs(NamedTuple):
    """A block of songs, new or changed."""

    songs: list[Song]

    async def apply(self, shelf: "Shelf") -> None:
        writer = shelf.writer
        async with shelf.connection.transaction():
            writer.height += 1
            writer.block_number += 1
            for song in self.songs:
                release_at = None if song.minutes is None else OPENING + timedelta(minutes=song.minutes)
                await shelf.connection.execute(
                    """
                    INSERT INTO songs VALUES (%s, %s, %s, %s) ON CONFLICT (song_id) DO UPDATE SET
                        artist_id = excluded.artist_id, release_at = excluded.release_at,
                        blocknumber = excluded.blocknumber
                    """,
                    [song.song_id, song.artist_id, release_at, writer.block_number],
                )
            await writer.move_cursor()


class Fans(NamedTuple):
    """What another writer does to the fans in one transaction: those named become fans, or stop being ones."""

    fans: list[Fan]
    aborts: bool = False

    async def apply(self, shelf: "Shelf") -> None:
        async with shelf.connection.transaction(force_rollback=self.aborts):
            for fan in self.fans:
                gone = await shelf.connection.execute("DELETE FROM fans WHERE artist_id = %s AND fan_id = %s", fan)
                if not gone.rowcount:
                    await shelf.connection.execute("INSERT INTO fans VALUES (%s, %s)", fan)


class Later(NamedTuple):
    """Time goes by."""

    minutes: int

    async def apply(self, shelf: "Shelf") -> None:
        await shelf.connection.execute("UPDATE wall_clock SET now = now + %s", [timedelta(minutes=self.minutes)])


class Nobody(NamedTuple):
    """The fans' table is emptied, which no row trigger sees."""

    async def apply(self, shelf: "Shelf") -> None:
        await shelf.connection.execute("TRUNCATE fans")


class Shelf(World):
    """The database of this world."""

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await connection.execute(MAKE)
        await wipe(connection)
        await empty(connection, ("songs", "fans", "shelf", "wall_clock"))
        await connection.execute("INSERT INTO wall_clock VALUES (%s)", [OPENING])
        return cls(connection)

    async def apply(self, step: Any) -> None:
        await step.apply(self)


async def wall_clock(connection: AsyncConnection[Any]) -> datetime:
    """Return the time that the test has set."""
    [(now,)] = await (await connection.execute("SELECT now FROM wall_clock")).fetchall()
    assert isinstance(now, datetime)
    return now


def shelf(*, rows_max: int = 3, **changed: Any) -> Derivation:
    """Return the derivation, with small batches."""
    return Derivation(
        "shelf",
        dirty=[
            Dirty(BlockFeed("shelf_songs", "songs", Stamp.BLOCK, rows_max), STAMPED),
            Dirty(ChangeFeed("shelf_fans", "fans", rows_max), FOLLOWED),
            Dirty(Due("shelf_releases", "songs", "release_at", rows_max, clock=wall_clock), RELEASED),
        ],
        query=SHELF,
        target=Target(table="shelf", key=("song_id",), values=("fans", "is_out"), scope="song_id"),
        **changed,
    )


_songs = st.builds(Song, st.integers(1, SONGS), st.integers(1, ARTISTS), st.none() | st.integers(-10, 60))
_fans = st.builds(Fan, st.integers(1, ARTISTS), st.integers(1, FANS))
steps = (
    st.builds(Songs, st.lists(_songs, min_size=1, max_size=5))
    | st.builds(Fans, st.lists(_fans, min_size=1, max_size=5), st.sampled_from([False, False, True]))
    | st.builds(Later, st.integers(0, 30))
    | st.builds(Nobody)
)
