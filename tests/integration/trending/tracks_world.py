"""A small network for trending of tracks, and what the domain says of it by one plain query over its base tables."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from psycopg import AsyncConnection

from backbeat.derived.trending.tracks import TrendingTracks
from harness.check import Rows, World

OPENING = datetime(2026, 1, 25, 21, 30)  # noqa: DTZ001 - the network's columns hold naive UTC
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)

# The formula as it is written in the domain document, in numeric, by counting.
REFERENCE = """
    WITH t AS (
        SELECT track.*, instant.now, floor(extract(epoch FROM now - CASE
            WHEN release_date > now THEN track.created_at
            WHEN release_date > track.created_at THEN release_date ELSE track.created_at
        END) / 86400) AS d
        FROM tracks AS track CROSS JOIN (SELECT %(now)s::timestamp AS now) AS instant
        WHERE is_current AND NOT is_delete AND NOT is_unlisted AND stem_of IS NULL
    ), engagement AS (
        SELECT save_item_id AS track_id, user_id, created_at, 's' AS kind FROM saves
        WHERE save_type = 'track' AND is_current AND NOT is_delete
        UNION ALL
        SELECT repost_item_id, user_id, created_at, 'r' FROM reposts
        WHERE repost_type = 'track' AND is_current AND NOT is_delete
    ), input AS (
        SELECT track_id, genre, d,
            coalesce(
                (SELECT CASE WHEN follower_count < 3 THEN 0 END FROM aggregate_user WHERE user_id = owner_id), 1
            ) AS z,
            (SELECT count(*) FROM plays p
                WHERE p.play_item_id = track_id AND p.created_at > now - interval '7 days') AS pw,
            (SELECT count(*) FROM plays p
                WHERE p.play_item_id = track_id AND p.created_at > now - interval '1 month') AS pm,
            (SELECT count FROM aggregate_plays WHERE play_item_id = track_id) AS pa,
            (SELECT count(*) FROM engagement e
                WHERE e.track_id = t.track_id AND kind = 'r' AND e.created_at > now - interval '7 days') AS rw,
            (SELECT count(*) FROM engagement e
                WHERE e.track_id = t.track_id AND kind = 'r' AND e.created_at > now - interval '1 month') AS rm,
            (SELECT count(*) FROM engagement e
                WHERE e.track_id = t.track_id AND kind = 's' AND e.created_at > now - interval '7 days') AS sw,
            (SELECT count(*) FROM engagement e
                WHERE e.track_id = t.track_id AND kind = 's' AND e.created_at > now - interval '1 month') AS sm,
            coalesce((SELECT repost_count FROM aggregate_track a WHERE a.track_id = t.track_id), 0) AS r,
            coalesce((SELECT save_count FROM aggregate_track a WHERE a.track_id = t.track_id), 0) AS s,
            coalesce((SELECT sum(greatest(a.follower_count, 0)) FROM engagement e
                JOIN users u ON u.user_id = e.user_id AND u.is_current JOIN aggregate_user a ON a.user_id = e.user_id
                WHERE e.track_id = t.track_id AND bio IS NOT NULL
                    AND (cover_photo IS NOT NULL OR cover_photo_sizes IS NOT NULL)
                    AND (profile_picture IS NOT NULL OR profile_picture_sizes IS NOT NULL)), 0) AS k
        FROM t
    ), base AS (
        SELECT track_id, genre, k, 'week' AS time_range, z * (pw + 50.0 * rw + sw + 0.25 * r + 0.01 * s)
            * CASE WHEN d <= 7 THEN 1 ELSE greatest(0.00001, power(100000.0, greatest(-10, 1 - d / 7.0))) END AS score
        FROM input
        UNION ALL
        SELECT track_id, genre, k, 'month', z * (pm + 50.0 * rm + sm + 0.25 * r + 0.01 * s)
            * CASE WHEN d <= 30 THEN 1 ELSE greatest(0.00001, power(100000.0, greatest(-10, 1 - d / 30.0))) END
        FROM input
        UNION ALL
        SELECT track_id, genre, k, 'allTime', z * (pa + 0.25 * r + 0.01 * s) FROM input WHERE pa IS NOT NULL
    )
    SELECT track_id, 'pnagD' AS version, time_range, genre, (score * k)::float8 AS score FROM base
    UNION ALL
    SELECT track_id, 'AnlGe', time_range, genre, (score * (1 + log(1 + k)))::float8 FROM base
"""
WRONG = """
    SELECT coalesce(a.track_id, b.track_id), coalesce(a.version, b.version), coalesce(a.time_range, b.time_range),
        a.score, b.score, a.genre, b.genre
    FROM (REFERENCE) AS a
    FULL JOIN (SELECT * FROM track_trending_scores WHERE type = 'TRACKS') AS b
        ON (a.track_id, a.version, a.time_range) = (b.track_id, b.version, b.time_range)
    WHERE a.score IS NULL OR b.score IS NULL OR a.genre IS DISTINCT FROM b.genre
        OR abs(a.score - b.score) > 1e-9 * greatest(abs(a.score), abs(b.score))
    ORDER BY 1, 2, 3
""".replace("REFERENCE", REFERENCE)
KEPT = (
    "SELECT track_id, type, version, time_range, genre, score FROM track_trending_scores ORDER BY 1, 2, 3, 4",
    "SELECT * FROM backbeat.trending_track_counts ORDER BY track_id",
    "SELECT * FROM backbeat.trending_users ORDER BY user_id",
    "SELECT kind, list, version, time_range, genre, rank, id FROM backbeat.trending_leaders ORDER BY 1, 2, 3, 4, 5, 6",
)


# A tenth of what truncating costs, and a death at every exchange wants a hundred empty worlds.
EMPTY = """
    DO $$
    DECLARE
        filled text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOREACH filled IN ARRAY ARRAY[
            'users', 'tracks', 'plays', 'saves', 'reposts', 'follows', 'milestones', 'notification', 'aggregate_user',
            'aggregate_track', 'aggregate_plays', 'aggregate_monthly_plays', 'aggregate_playlist',
            'user_distinct_play_hours', 'user_distinct_play_tracks', 'indexing_checkpoints', 'track_trending_scores',
            'backbeat.trending_track_counts', 'backbeat.trending_users', 'backbeat.trending_leaders',
            'backbeat.trending_waiting_tracks', 'backbeat.cursor', 'backbeat.changes', 'backbeat.consumers',
            'backbeat.clocks'
        ] LOOP
            EXECUTE 'DELETE FROM ' || filled;
        END LOOP;
    END $$
"""


class Do(NamedTuple):
    """A statement of the block loop or of another writer; ``now`` is bound to it."""

    statement: str
    values: Mapping[str, Any] = MappingProxyType({})


class Pass(NamedTuple):
    """Time that goes by."""

    time: timedelta


Step = list[Do | Pass]


class TracksWorld(World):
    """The database, and what time it is there."""

    now = OPENING

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await connection.execute(EMPTY.encode())
        await connection.execute("CREATE TABLE IF NOT EXISTS public.wall_clock (now timestamptz)")
        await connection.execute("TRUNCATE wall_clock")
        await connection.execute("INSERT INTO wall_clock VALUES (%s)", [OPENING.replace(tzinfo=UTC)])
        return cls(connection)

    async def apply(self, step: Any) -> None:
        async with self.connection.transaction():
            for act in step:
                if isinstance(act, Pass):
                    self.now += act.time
                    await self.connection.execute("UPDATE wall_clock SET now = %s", [self.now.replace(tzinfo=UTC)])
                else:
                    await self.connection.execute(act.statement.encode(), {"now": self.now, **act.values})
            await self.connection.execute(
                """
                INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, play_id)
                SELECT 'test', 1, 'x', now(), coalesce(max(id), 0) FROM plays
                ON CONFLICT (singleton) DO UPDATE SET play_id = excluded.play_id
                """
            )

    async def rows(self, derived: Any) -> Rows:  # noqa: ARG002 - all that is kept, not the target alone
        """Return all that is kept, apart from when it was written."""
        found: Rows = []
        for query in KEPT:
            found += await (await self.connection.execute(query.encode())).fetchall()
        return found

    async def wrong(self) -> Rows:
        """Return every row in which the scores and the reference differ."""
        return await (await self.connection.execute(WRONG.encode(), {"now": self.now})).fetchall()

    async def scores(self, track_id: int, version: str = "pnagD") -> dict[str, float]:
        """Return a track's scores by time range."""
        query = """
            SELECT time_range, score FROM track_trending_scores
            WHERE type = 'TRACKS' AND track_id = %s AND version = %s
        """
        return dict(await (await self.connection.execute(query, [track_id, version])).fetchall())


async def check(world: TracksWorld, derived: TrendingTracks) -> None:
    """Hold what is kept to a rebuild, to an audit and to the reference."""
    assert await world.wrong() == []
    difference = await derived.difference(world.connection)
    assert difference.is_clean, difference
    audit = await derived.audit(world.connection)
    assert audit.is_clean, audit
    assert (audit.pending, audit.stale) == (0, False)


def user(user_id: int, *, complete: bool = True) -> Do:
    return Do(
        """
        INSERT INTO users (user_id, is_current, bio, cover_photo_sizes, profile_picture, txhash)
        VALUES (%(user)s, true, %(bio)s, '', 'x', '')
        ON CONFLICT (user_id) WHERE is_current DO UPDATE SET bio = excluded.bio
        """,
        {"user": user_id, "bio": "" if complete else None},
    )


def track(track_id: int, owner: int = 1, *, age: timedelta = timedelta(), **columns: Any) -> Do:
    """A new track, or what becomes of it: ``columns`` are those that change."""
    named = {"owner_id": owner, "is_delete": False, **columns}
    names = ", ".join(named)
    values = ", ".join(f"%({name})s" for name in named)
    changes = ", ".join(f"{name} = excluded.{name}" for name in named)
    return Do(
        f"""
        INSERT INTO tracks (track_id, is_current, created_at, updated_at, {names})
        VALUES (%(track)s, true, %(now)s - %(age)s, %(now)s, {values})
        ON CONFLICT (track_id) WHERE is_current DO UPDATE SET {changes}
        """,  # noqa: S608 - the names are the tests' own
        {"track": track_id, "age": age, **named},
    )


def play(track_id: int, ago: timedelta = timedelta(), times: int = 1) -> Do:
    return Do(
        """
        INSERT INTO plays (play_item_id, created_at)
        SELECT %(track)s, %(now)s - %(ago)s FROM generate_series(1, %(times)s::int)
        """,
        {"track": track_id, "ago": ago, "times": times},
    )


def engage(
    kind: str, user_id: int, item_id: int, ago: timedelta = timedelta(), *, on: str = "track", gone: bool = False
) -> Do:
    """A save or repost, new or toggled."""
    return Do(
        f"""
        INSERT INTO {kind}s (user_id, {kind}_item_id, {kind}_type, is_current, is_delete, created_at)
        VALUES (%(user)s, %(item)s, %(on)s, true, %(gone)s, %(now)s - %(ago)s)
        ON CONFLICT (user_id, {kind}_item_id, {kind}_type) WHERE is_current
        DO UPDATE SET is_delete = excluded.is_delete, created_at = excluded.created_at
        """,  # noqa: S608 - two kinds
        {"user": user_id, "item": item_id, "on": on, "gone": gone, "ago": ago},
    )


def follow(followee: int, followers: range, *, gone: bool = False) -> Do:
    return Do(
        """
        INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
        SELECT follower, %(followee)s, true, %(gone)s, %(now)s FROM unnest(%(followers)s::int[]) AS follower
        ON CONFLICT (follower_user_id, followee_user_id) WHERE is_current DO UPDATE SET is_delete = excluded.is_delete
        """,
        {"followee": followee, "followers": list(followers), "gone": gone},
    )
