"""A world in which everything that sitemaps list changes, each thing by a step of its own.

The reference beside it reads the base rows and counts; it knows nothing of how counts are kept.
"""

from typing import Any, NamedTuple, Self

from hypothesis import strategies as st
from psycopg import AsyncConnection

from harness.check import World
from harness.emptying import empty

OWNERS = 3
ITEMS = 3
WRITTEN = (
    "follows", "playlists", "aggregate_playlist", "track_routes", "playlist_routes", "backbeat.listed_owners",
)  # fmt: skip
Counts = tuple[int, int, int]


class Person(NamedTuple):
    """A user who signs up, or whose row changes."""

    user_id: int
    handle_lc: str | None = "somebody"
    is_deactivated: bool = False
    is_available: bool = True

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(
            """
            INSERT INTO users (user_id, is_current, handle_lc, is_deactivated, is_available)
            VALUES (%s, true, %s, %s, %s)
            ON CONFLICT (user_id) WHERE is_current DO UPDATE SET
                handle_lc = excluded.handle_lc, is_deactivated = excluded.is_deactivated,
                is_available = excluded.is_available
            """,
            *self,
        )


class Follows(NamedTuple):
    """So many follow a user, and the edges of others end; their counts are the trigger's."""

    user_id: int
    followers: int

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(
            """
            INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
            SELECT 1000 + n, %s, true, n > %s, now() FROM generate_series(1, 11) AS n
            ON CONFLICT (follower_user_id, followee_user_id) WHERE is_current
            DO UPDATE SET is_delete = excluded.is_delete
            """,
            *self,
        )


class Corrected(NamedTuple):
    """A count of followers that is written by hand."""

    user_id: int
    follower_count: int | None

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(
            """
            INSERT INTO aggregate_user (user_id, follower_count) VALUES (%s, %s)
            ON CONFLICT (user_id) DO UPDATE SET follower_count = excluded.follower_count
            """,
            *self,
        )


class Track(NamedTuple):
    """A track that is uploaded, or whose row changes."""

    track_id: int
    """Which."""
    owner_id: int
    """Whose, as its row has it; an address may be another's."""
    is_unlisted: bool = False
    """Only who knows the address finds it."""
    is_delete: bool = False
    """It was deleted."""
    is_available: bool = True
    """No notifier has taken it away."""
    stem_of: str | None = None
    """JSON that names the track that it is a part of."""

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(
            """
            INSERT INTO tracks (
                track_id, owner_id, is_unlisted, is_delete, is_available, stem_of, is_current, created_at, updated_at
            )
            VALUES (%s, %s, %s, %s, %s, %s, true, now(), now())
            ON CONFLICT (track_id) WHERE is_current DO UPDATE SET
                owner_id = excluded.owner_id, is_unlisted = excluded.is_unlisted, is_delete = excluded.is_delete,
                is_available = excluded.is_available, stem_of = excluded.stem_of
            """,
            *self,
        )


class Playlist(NamedTuple):
    """A playlist that is made, or whose row changes."""

    playlist_id: int
    owner_id: int
    is_private: bool = False
    is_delete: bool = False

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(
            """
            INSERT INTO playlists (
                playlist_id, playlist_owner_id, is_private, is_delete, is_album, playlist_contents, is_current,
                created_at, updated_at
            )
            VALUES (%s, %s, %s, %s, false, '{}', true, now(), now())
            ON CONFLICT (playlist_id) WHERE is_current DO UPDATE SET
                playlist_owner_id = excluded.playlist_owner_id, is_private = excluded.is_private,
                is_delete = excluded.is_delete
            """,
            *self,
        )


class Route(NamedTuple):
    """An address that leads somewhere, or elsewhere from now on, or is a former one."""

    kind: str  # track, playlist
    owner_id: int
    slug: str
    item_id: int
    is_current: bool = True

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(
            f"""
            INSERT INTO {self.kind}_routes (
                owner_id, slug, title_slug, collision_id, {self.kind}_id, is_current, blockhash, blocknumber, txhash
            )
            VALUES (%s, %s, '', 0, %s, %s, '', 1, '')
            ON CONFLICT (owner_id, slug) DO UPDATE SET
                {self.kind}_id = excluded.{self.kind}_id, is_current = excluded.is_current
            """,  # noqa: S608 - a literal of this file
            *self[1:],
        )


class HandedOver(NamedTuple):
    """Every address of an owner becomes another's."""

    kind: str
    owner_id: int
    to: int

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(
            f"UPDATE {self.kind}_routes SET owner_id = %s, slug = slug || owner_id WHERE owner_id = %s",  # noqa: S608 - as above
            self.to,
            self.owner_id,
        )


class Gone(NamedTuple):
    """Rows of an owner that are deleted, as when a block is taken back."""

    table: str
    column: str
    key: int

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(f"DELETE FROM {self.table} WHERE {self.column} = %s", self.key)  # noqa: S608 - as above


class Emptied(NamedTuple):
    """A table whose rows all go at once, which no row tells of."""

    table: str

    async def apply(self, world: "EntityWorld") -> None:
        await world.execute(f"TRUNCATE {self.table}")


class AllAtOnce(tuple[Any, ...]):
    """Steps that no run comes between."""

    __slots__ = ()

    async def apply(self, world: "EntityWorld") -> None:
        for step in self:
            await step.apply(world)


class EntityWorld(World):
    """The database of this world."""

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        world = await super().empty(connection)
        await empty(connection, WRITTEN)
        await world.execute("UPDATE backbeat.entity_counts SET tracks = 0, playlists = 0, users = 0")
        return world

    async def apply(self, step: Any) -> None:
        await step.apply(self)

    async def execute(self, query: str, *values: Any) -> int:
        return (await self.connection.execute(query.encode(), values or None)).rowcount

    async def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(query.encode(), values or None)).fetchall()

    async def rows(self, derived: Any) -> list[tuple[Any, ...]]:
        return [*await super().rows(derived), await self.counts()]

    async def counts(self) -> Counts:
        """Return what is kept: tracks, playlists, users."""
        [(tracks, playlists, users)] = await self.all("SELECT tracks, playlists, users FROM backbeat.entity_counts")
        return tracks, playlists, users

    async def expected(self) -> Counts:
        """Return what the rules count."""
        people = {
            user: (deactivated, available, handle)
            for user, deactivated, available, handle in await self.all(
                "SELECT user_id, is_deactivated, is_available, handle_lc FROM users WHERE is_current"
            )
        }
        followed = {
            user
            for user, followers in await self.all("SELECT user_id, follower_count FROM aggregate_user")
            if user in people and (followers or 0) >= 10
        }
        tracks = {
            track
            for track, unlisted, gone, available, stem in await self.all(
                "SELECT track_id, is_unlisted, is_delete, is_available, stem_of FROM tracks WHERE is_current"
            )
            if available and not (unlisted or gone or stem)
        }
        playlists = {
            playlist
            for playlist, private, gone in await self.all(
                "SELECT playlist_id, is_private, is_delete FROM playlists WHERE is_current"
            )
            if not (private or gone)
        }
        return (
            await self._addresses("track", followed, tracks),
            await self._addresses("playlist", followed, playlists),
            sum(people[user][:2] == (False, True) and people[user][2] is not None for user in followed),
        )

    async def _addresses(self, kind: str, owners: set[int], items: set[int]) -> int:
        routes = await self.all(f"SELECT owner_id, {kind}_id FROM {kind}_routes WHERE is_current")  # noqa: S608 - as above
        return sum(owner in owners and item in items for owner, item in routes)


_owner, _item = st.integers(1, OWNERS), st.integers(1, ITEMS)
_kind, _seldom = st.sampled_from(["track", "playlist"]), st.sampled_from([False, False, False, True])
steps = (
    st.builds(Person, _owner, st.sampled_from(["me", "me", None]), _seldom, st.booleans())
    | st.builds(Follows, _owner, st.sampled_from([0, 9, 10, 11]))
    | st.builds(Follows, _owner, st.sampled_from([9, 10, 11]))
    | st.builds(Corrected, _owner, st.sampled_from([None, 9, 10, 500]))
    | st.builds(Track, _item, _owner, _seldom, _seldom, st.booleans(), st.sampled_from([None, None, '{"parent": 1}']))
    | st.builds(Playlist, _item, _owner, _seldom, _seldom)
    | st.builds(Route, _kind, _owner, st.sampled_from(["a", "b", "c"]), _item, st.booleans())
    | st.builds(Route, _kind, _owner, st.sampled_from(["a", "b", "c"]), _item)
    | st.builds(HandedOver, _kind, _owner, _owner)
    | st.builds(Gone, st.sampled_from(["users", "aggregate_user"]), st.just("user_id"), _owner)
    | st.builds(Gone, st.sampled_from(["track_routes", "playlist_routes"]), st.just("owner_id"), _owner)
    | st.builds(Gone, st.just("tracks"), st.just("track_id"), _item)
    | st.builds(Emptied, st.sampled_from(["track_routes", "playlist_routes", "aggregate_user"]))
)
LISTED = AllAtOnce(
    [
        *(Person(owner) for owner in range(1, OWNERS + 1)),
        *(Follows(owner, 10) for owner in range(1, OWNERS)),
        *(Track(item, item) for item in range(1, ITEMS + 1)),
        *(Playlist(item, item) for item in range(1, ITEMS + 1)),
        *(Route(kind, item, "a", item) for kind in ("track", "playlist") for item in range(1, ITEMS + 1)),
    ]
)
"""Three owners with a track and a playlist each, of whom two have ten followers."""

_rest = st.lists(steps | st.lists(steps, min_size=2, max_size=5).map(AllAtOnce), min_size=1, max_size=8)
histories = st.tuples(st.sampled_from([[LISTED], [LISTED], []]), _rest).map(lambda parts: [*parts[0], *parts[1]])
