"""A world in which everything that a user score depends on happens, each thing by a step of its own.

The reference beside it knows the rules and nothing of how they are kept: it reads the base rows and counts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, Self

from hypothesis import strategies as st
from psycopg import AsyncConnection

from harness.chain_writer import GENESIS, Play
from harness.check import World
from harness.emptying import empty

USERS = 5
KEPT = (
    "SELECT user_id, hours_with_play FROM user_distinct_play_hours WHERE hours_with_play > 0 ORDER BY 1",
    "SELECT user_id, track_count FROM user_distinct_play_tracks WHERE track_count > 0 ORDER BY 1",
    "SELECT user_id, challenge_count FROM user_score_features WHERE challenge_count > 0 ORDER BY 1",
    "SELECT user_id, weight, follower_sum, points FROM backbeat.karma ORDER BY 1",
    "SELECT user_id, score FROM aggregate_user ORDER BY 1",
)
WRITTEN = (
    "follows", "chat_blocked_users", "user_challenges", "backbeat.listened_hours", "backbeat.listened_tracks",
    "backbeat.karma", "backbeat.rounds", "backbeat.drift", "backbeat.score_pass",
)  # fmt: skip


class Plays(NamedTuple):
    """A block of plays."""

    plays: Sequence[Play]

    async def apply(self, world: "ScoreWorld") -> None:
        await world.writer.commit(list(self.plays))


class Profile(NamedTuple):
    """A user who signs up, or whose profile changes from now on."""

    user_id: int
    name: str | None = None
    handle_lc: str | None = "somebody"
    is_verified: bool = False
    seconds: int = 0  # when it signed up, counted from genesis

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute(
            """
            INSERT INTO users (user_id, is_current, name, handle_lc, is_verified, created_at)
            VALUES (%s, true, %s, %s, %s, %s)
            ON CONFLICT (user_id) WHERE is_current DO UPDATE SET
                name = excluded.name, handle_lc = excluded.handle_lc, is_verified = excluded.is_verified,
                created_at = excluded.created_at
            """,
            *self[:4],
            GENESIS + timedelta(seconds=self.seconds),
        )


class Forgotten(NamedTuple):
    """A user whose block is taken back."""

    user_id: int

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute("DELETE FROM users WHERE user_id = %s", self.user_id)


class Follows(NamedTuple):
    """Edges (follower, followee) that begin or end in one statement."""

    edges: Sequence[tuple[int, int]]

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute(
            """
            INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
            SELECT DISTINCT follower, followee, true, false, now()
            FROM unnest(%s::int[], %s::int[]) AS edge (follower, followee)
            ON CONFLICT (follower_user_id, followee_user_id) WHERE is_current
            DO UPDATE SET is_delete = NOT follows.is_delete
            """,
            [follower for follower, _ in self.edges],
            [followee for _, followee in self.edges],
        )


class Swapped(NamedTuple):
    """Every edge to a followee begins or ends, in one update."""

    followee_id: int

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute("UPDATE follows SET is_delete = NOT is_delete WHERE followee_user_id = %s", *self)


class Reverted(NamedTuple):
    """Edges of a follower whose blocks are taken back."""

    follower_id: int

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute("DELETE FROM follows WHERE follower_user_id = %s", self.follower_id)


class Counts(NamedTuple):
    """Counts corrected by hand, far beyond what a short history reaches."""

    user_id: int
    follower_count: int | None
    following_count: int | None

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute(
            """
            INSERT INTO aggregate_user (user_id, follower_count, following_count) VALUES (%s, %s, %s)
            ON CONFLICT (user_id) DO UPDATE SET
                follower_count = excluded.follower_count, following_count = excluded.following_count
            """,
            *self,
        )


class Lost(NamedTuple):
    """A row of counts that is deleted by hand."""

    user_id: int

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute("DELETE FROM aggregate_user WHERE user_id = %s", self.user_id)


class Block(NamedTuple):
    """A chat block, made or lifted."""

    blocker_id: int
    blockee_id: int

    async def apply(self, world: "ScoreWorld") -> None:
        gone = await world.execute(
            "DELETE FROM chat_blocked_users WHERE blocker_user_id = %s AND blockee_user_id = %s", *self
        )
        if not gone:
            await world.execute(
                "INSERT INTO chat_blocked_users (blocker_user_id, blockee_user_id) VALUES (%s, %s)", *self
            )


class Challenge(NamedTuple):
    """A challenge that a user completes, or that is taken back when ``seconds`` is None."""

    user_id: int
    challenge_id: str
    seconds: float | None

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute(
            """
            INSERT INTO user_challenges (challenge_id, user_id, specifier, is_complete, completed_at, amount)
            VALUES (%s, %s, %s, %s, %s, 1)
            ON CONFLICT (challenge_id, specifier) DO UPDATE SET
                is_complete = excluded.is_complete, completed_at = excluded.completed_at
            """,
            self.challenge_id,
            self.user_id,
            str(self.user_id),
            self.seconds is not None,
            None if self.seconds is None else GENESIS + timedelta(seconds=self.seconds),
        )


class Emptied(NamedTuple):
    """A table whose rows all go at once, which no row tells of."""

    table: str

    async def apply(self, world: "ScoreWorld") -> None:
        await world.execute(f"TRUNCATE {self.table}")


class AllAtOnce(tuple[Any, ...]):
    """Steps that no run comes between."""

    __slots__ = ()

    async def apply(self, world: "ScoreWorld") -> None:
        for step in self:
            await step.apply(world)


class ScoreWorld(World):
    """The database of this world."""

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        world = await super().empty(connection)
        await empty(connection, WRITTEN)
        return world

    async def apply(self, step: Any) -> None:
        await step.apply(self)

    async def execute(self, query: str, *values: Any) -> int:
        return (await self.connection.execute(query.encode(), values or None)).rowcount

    async def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(query.encode(), values or None)).fetchall()

    async def rows(self, derived: Any) -> list[tuple[Any, ...]]:  # noqa: ARG002 - all of it follows from all of it
        return [row for query in KEPT for row in await self.all(query)]

    async def scores(self) -> dict[int, int]:
        """Return the stored score of every user who has one."""
        return dict(
            await self.all(
                "SELECT user_id, score FROM aggregate_user JOIN users USING (user_id)"
                " WHERE is_current AND handle_lc IS NOT NULL ORDER BY user_id"
            )
        )

    async def expected(self) -> dict[int, int]:
        """Return the score that the rules give every user who has one."""
        facts = await Facts.read(self)
        return {user[0]: facts.score(*user) for user in facts.users}


class Facts(NamedTuple):
    """The base rows of the world."""

    users: list[tuple[Any, ...]]
    counts: dict[int, tuple[int, int]]
    edges: list[tuple[int, int]]
    plays: list[tuple[int, int, datetime]]
    challenges: list[tuple[int, str, datetime]]
    blocked: list[int]

    @classmethod
    async def read(cls, world: ScoreWorld) -> "Facts":
        return cls(
            await world.all(
                "SELECT user_id, name, handle_lc, is_verified, created_at FROM users"
                " WHERE is_current AND handle_lc IS NOT NULL ORDER BY 1"
            ),
            {
                user: (followers or 0, following or 0)
                for user, followers, following in await world.all(
                    "SELECT user_id, follower_count, following_count FROM aggregate_user"
                )
            },
            await world.all(
                "SELECT follower_user_id, followee_user_id FROM follows WHERE is_current AND NOT is_delete"
            ),
            await world.all("SELECT user_id, play_item_id, created_at FROM plays WHERE user_id IS NOT NULL"),
            await world.all("SELECT user_id, challenge_id, completed_at FROM user_challenges WHERE is_complete"),
            [user for (user,) in await world.all("SELECT blockee_user_id FROM chat_blocked_users")],
        )

    def score(self, user_id: int, name: str | None, handle: str, verified: bool, created_at: datetime) -> int:
        followers, following = self.counts.get(user_id, (0, 0))
        hours = {at.replace(minute=0, second=0, microsecond=0) for user, _, at in self.plays if user == user_id}
        tracks = {track for user, track, _ in self.plays if user == user_id}
        early = [
            challenge
            for user, challenge, at in self.challenges
            if user == user_id and challenge not in ("m", "b") and at <= created_at + timedelta(minutes=3)
        ]
        said = [handle.lower(), (name or "").lower()]
        return (
            len(hours) // 2
            + followers
            - len(early)
            - 100 * self.blocked.count(user_id)
            + self.karma(user_id, followers)
            - (1 if following < 5 else 0)
            - (1000 if not verified and any("audius" in text for text in said) else 0)
            - (1000 if not verified and any("airdrop" in text for text in said) else 0)
            - (10 if len(tracks) <= 3 else 0)
        )

    def karma(self, user_id: int, followers: int) -> int:
        if followers > 1000:
            return 100
        if followers == 0:
            return 0
        lenders = [self.counts.get(follower, (0, 0)) for follower, followee in self.edges if followee == user_id]
        lent = sum(count for count, following in lenders if following < 10_000)
        return min(100, int((Decimal(lent) / 100).quantize(Decimal(1), ROUND_HALF_UP)))


_user = st.integers(1, USERS)
_plays = st.builds(
    Play,
    st.integers(1, 5),
    st.none() | _user,
    st.integers(0, 12).map(lambda halves: GENESIS - timedelta(minutes=30 * halves)),
    st.just(""),
)
_words = st.sampled_from([None, "", "Audius", "the airdrop", "Airdrop by AUDIUS", "nobody"])
steps = (
    st.builds(Plays, st.lists(_plays, min_size=1, max_size=6))
    | st.builds(Profile, _user, _words, st.sampled_from(["me", "audiusfan", None]), st.booleans(), st.integers(0, 9))
    | st.builds(Forgotten, _user)
    | st.builds(Follows, st.lists(st.tuples(_user, _user), min_size=1, max_size=4))
    | st.builds(Follows, st.lists(st.tuples(_user, _user), min_size=1, max_size=4))
    | st.builds(Swapped, _user)
    | st.builds(Reverted, _user)
    | st.builds(
        Counts, _user, st.sampled_from([None, 0, 1, 49, 150, 1000, 1001]), st.sampled_from([None, 4, 5, 9_999, 10_000])
    )
    | st.builds(Lost, _user)
    | st.builds(Block, _user, _user)
    | st.builds(Challenge, _user, st.sampled_from(["u", "p", "m"]), st.sampled_from([None, 1.0, 180.0, 185.0]))
    | st.builds(Emptied, st.sampled_from(["follows", "aggregate_user", "chat_blocked_users"]))
)
histories = st.lists(steps | st.lists(steps, min_size=2, max_size=5).map(AllAtOnce), min_size=1, max_size=8)
