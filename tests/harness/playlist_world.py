"""A small network in which playlists trend, what can happen in it, and what its scores must be, the plain way."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple, Self

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from harness.challenge_world import ChallengeWorld, Row, follow, playlist, repost, save, user, wipe_challenges
from harness.check import Derived, Rows, World

USERS, PLAYLISTS = 8, 6
DAYS = {"week": 7, "month": 30, "year": 365}
DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)


class Sql(NamedTuple):
    """What another writer than the block loop does: a repair, a revert, a scheduled release."""

    text: LiteralString
    values: tuple[Any, ...] = ()


class Step(NamedTuple):
    """What happens at one instant, so long after the step before."""

    after: timedelta
    changes: Sequence[Row | Sql] = ()


class PlaylistWorld(World):
    """A database, its chain and its clock, which is the chain's."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        super().__init__(connection)
        self.chain = ChallengeWorld(connection)

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await wipe_challenges(connection)
        await connection.execute("DELETE FROM backbeat.trending_leaders")
        return cls(connection)

    async def apply(self, step: Step) -> None:  # type: ignore[override]  # steps of its own kind
        rows = [change for change in step.changes if isinstance(change, Row)]
        await self.chain.block(rows, at=self.chain.now + step.after)
        for change in step.changes:
            if isinstance(change, Sql):
                await self.connection.execute(change.text, change.values)

    async def rows(self, derived: Derived) -> Rows:  # noqa: ARG002 - there is one table
        """Return (playlist, range, score)."""
        return await self.chain.all(
            """
            SELECT playlist_id, time_range, score FROM playlist_trending_scores
            WHERE type = 'PLAYLISTS' AND version = 'pnagD' ORDER BY 1, 2
            """
        )

    async def expected(self) -> dict[tuple[int, str], float]:
        """Return what every score must be now, read from the base tables one by one."""
        now = self.chain.now
        followers = dict(await self.chain.all("SELECT user_id, follower_count FROM aggregate_user"))
        complete = {
            user_id
            for user_id, *profile in await self.chain.all(
                """
                SELECT user_id, cover_photo, cover_photo_sizes, profile_picture, profile_picture_sizes, bio
                FROM users WHERE is_current
                """
            )
            if any(part is not None for part in profile[:2])
            and any(part is not None for part in profile[2:4])
            and profile[4] is not None
        }
        acts = await self.chain.all(
            """
            SELECT 50, repost_item_id, user_id, created_at FROM reposts
            WHERE is_current AND NOT is_delete AND repost_type = 'playlist'
            UNION ALL
            SELECT 1, save_item_id, user_id, created_at FROM saves
            WHERE is_current AND NOT is_delete AND save_type = 'playlist'
            """
        )
        ever = {
            item: counts
            for item, *counts in await self.chain.all(
                "SELECT playlist_id, repost_count, save_count FROM aggregate_playlist"
            )
        }
        scores: dict[tuple[int, str], float] = {}
        for item, owner, contents, created_at, release_date in await self.chain.all(
            """
            SELECT playlist_id, playlist_owner_id, playlist_contents, created_at, release_date FROM playlists
            WHERE is_current AND NOT is_delete AND NOT is_private
            """
        ):
            entries = contents.get("track_ids") if isinstance(contents, dict) else None
            if not isinstance(entries, list) or len(entries) < 3 or owner not in followers:
                continue
            base_at = created_at if release_date is None or release_date > now else max(release_date, created_at)
            for time_range, days in DAYS.items():
                edge = now - timedelta(days=days)
                mine = [(weight, actor, at) for weight, it, actor, at in acts if it == item and at >= edge]
                karma = [
                    followers[actor] for _, actor, _ in mine if actor in complete and followers.get(actor) is not None
                ]
                reposts, saves = ever.get(item, (0, 0))
                base = 1 + sum(weight for weight, _, at in mine if at > edge)
                base += 0.25 * (reposts or 0) + 0.01 * (saves or 0)
                score = decay((now - base_at) // DAY, days) * base * (sum(karma) if karma else 1)
                too_few = followers[owner] is not None and followers[owner] < 3
                scores[item, time_range] = 0.0 if too_few else score
        return scores


def decay(age: int, days: int) -> float:
    return 1.0 if age <= days else max(1e-5, 100_000.0 ** max(-10.0, 1 - age / days))


def listed(playlist_id: int, owner_id: int, entries: int = 3, **columns: Any) -> Row:
    """A playlist with so many entries."""
    return playlist(playlist_id, owner_id, *range(1, entries + 1), **columns)


def person(user_id: int, *, complete: bool = True, **columns: Any) -> Row:
    known = {"bio": "b" if complete else None, "cover_photo_sizes": "c", "profile_picture": "p"}
    return user(user_id, handle_lc=f"u{user_id}", name=f"u{user_id}", **{**known, **columns})


def followed(user_id: int, followers: int | None) -> Sql:
    return Sql("UPDATE aggregate_user SET follower_count = %s WHERE user_id = %s", (followers, user_id))


class PlaylistLife:
    """Draws five months in which everything that can change a score happens, and often nothing but time passes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._now = datetime(2025, 6, 1)  # noqa: DTZ001 - the network's columns hold naive UTC
        self._acts: list[datetime] = []

    def steps(self, count: int) -> list[Step]:
        everybody = [person(number, complete=not self._seldom(4)) for number in range(1, USERS + 1)]
        everything = [self._playlist(number) for number in range(1, PLAYLISTS + 1)]
        counts = [followed(number, self._random.choice([2, 3, 40, 500])) for number in range(1, USERS + 1)]
        first = Step(timedelta(hours=1), [*everybody, *everything, *counts])
        return [first, *(self._step() for _ in range(count))]

    def _step(self) -> Step:
        after = self._pause()
        self._now += after
        if self._seldom(3):
            return Step(after)  # time alone
        alone = not self._seldom(3)  # who follows too few causes is caught by a change that comes alone
        return Step(after, [self._random.choice(self._kinds)(self) for _ in range(1 if alone else 5)])

    def _pause(self) -> timedelta:
        if self._acts and self._seldom(2):
            edge = self._random.choice(self._acts) + self._random.choice([7, 30, 365]) * DAY
            edge += self._random.choice([-MICROSECOND, timedelta(), timedelta(), MICROSECOND])
            if timedelta() < edge - self._now < 40 * DAY:
                return edge - self._now
        return self._random.choice([1, 60, 3600, 3600 * 23, 3600 * 24, 3600 * 24 * 3, 3600 * 24 * 40]) * timedelta(
            seconds=1
        )

    def _seldom(self, one_in: int) -> bool:
        return self._random.randrange(one_in) == 0

    def _who(self) -> int:
        return self._random.randint(1, USERS)

    def _what(self) -> int:
        return self._random.randint(1, PLAYLISTS)

    def _playlist(self, number: int | None = None) -> Row:
        number = number or self._what()
        release = self._random.choice([None, None, self._now + self._random.choice([-9, 0, 2, 9, 40]) * DAY])
        columns: dict[str, Any] = {"release_date": release, "is_private": self._seldom(8), "is_delete": self._seldom(8)}
        if self._seldom(8):
            columns["playlist_contents"] = self._random.choice([Jsonb({"track_ids": 5}), Jsonb([]), Jsonb({})])
        owner = 1 + number % 3 if not self._seldom(8) else self._who()
        entries = self._random.choice([2, 3, 3, 4])
        return listed(number, owner, entries, is_album=number % 3 == 0, **columns)

    def _act(self) -> Row:
        kind = self._random.choice([repost, save])
        on = self._random.choice(["playlist"] * 6 + ["album", "track"])
        at = self._now - self._random.choice([0, 0, 0, 1, 6, 8, 29, 40, 364, 400]) * DAY
        self._acts.append(at)
        return kind(self._who(), self._what(), on, undo=self._seldom(4), created_at=at)

    def _follow(self) -> Row:
        return follow(self._who(), self._random.randint(1, 5), undo=self._seldom(3))

    def _followers(self) -> Sql:
        return followed(self._who(), self._random.choice([None, 0, 2, 3, 3, 900, 3_000_000_000]))

    def _profile(self) -> Row:
        return person(self._who(), complete=not self._seldom(2))

    def _unknown_owner(self) -> Sql:
        return Sql("DELETE FROM aggregate_user WHERE user_id = %s", (self._random.randint(1, 3),))

    def _known_owner(self) -> Sql:
        return Sql(
            "INSERT INTO aggregate_user (user_id, follower_count) VALUES (%s, 7) ON CONFLICT DO NOTHING", (self._who(),)
        )

    def _recount(self) -> Sql:
        counts = (self._random.choice([None, 0, 9]), self._random.randint(0, 9), self._what())
        return Sql("UPDATE aggregate_playlist SET repost_count = %s, save_count = %s WHERE playlist_id = %s", counts)

    def _publish(self) -> Sql:
        return Sql("UPDATE playlists SET is_private = NOT is_private WHERE playlist_id = %s", (self._what(),))

    def _revert(self) -> Sql:
        table = self._random.choice(["reposts", "saves"])
        if table == "reposts":
            return Sql("DELETE FROM reposts WHERE repost_item_id = %s", (self._what(),))
        return Sql("DELETE FROM saves WHERE save_item_id = %s", (self._what(),))

    _kinds = (
        _playlist, _act, _act, _act, _act, _act, _act, _follow, _follow, _followers, _followers, _profile, _profile,
        _unknown_owner, _known_owner, _recount, _publish, _revert,
    )  # fmt: skip
