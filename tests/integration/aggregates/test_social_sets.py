"""Whom each user follows and is followed by: the set that the network's API server reads is what the edges say."""

import hashlib
from typing import Any, Self

import pytest
from depth import at_depth
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from roaring_sets import roaring_set

from backbeat.cli.doctor_sets import of_sets
from backbeat.derived.aggregates.social_sets import SOCIAL_SETS, USERS_MAX
from backbeat.incremental.transaction import Session, checked_by
from backbeat.jobs.catalog import everything
from backbeat.observe.tree import Advice
from backbeat.settings import JobsSettings, Settings
from harness import check_deaths, check_history, check_two_workers, settle
from harness.emptying import empty
from harness.score_world import AllAtOnce, Emptied, Follows, Lost, Profile, Reverted, ScoreWorld, Swapped

Sets = dict[int, tuple[set[int], set[int]]]
SETS = "SELECT user_id, followees_bitmap, followers_bitmap FROM user_social_sets ORDER BY user_id"
EDGES = "SELECT follower_user_id, followee_user_id FROM follows WHERE is_current AND NOT is_delete"


class SocialWorld(ScoreWorld):
    """The database of this world."""

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        world = await super().empty(connection)
        await empty(connection, ["user_social_sets"])
        return world

    async def rows(self, derived: Any) -> list[tuple[Any, ...]]:  # noqa: ARG002 - of the one table
        return await self.all(SETS)

    async def sets(self) -> Sets:
        """Return what is kept."""
        return {user: (roaring_set(out), roaring_set(back)) for user, out, back in await self.all(SETS)}

    async def expected_sets(self) -> Sets:
        """Return what the edges say, of users who have a row of counts."""
        counted = {user for (user,) in await self.all("SELECT user_id FROM aggregate_user")}
        found: Sets = {}
        for follower, followee in await self.all(EDGES):
            found.setdefault(follower, (set(), set()))[0].add(followee)
            found.setdefault(followee, (set(), set()))[1].add(follower)
        return {user: sets for user, sets in sorted(found.items()) if user in counted}


_user = st.integers(1, 5)
_steps = (
    _user.map(Profile)
    | st.builds(Follows, st.lists(st.tuples(_user, _user), min_size=1, max_size=4))
    | st.builds(Follows, st.lists(st.tuples(_user, _user), min_size=1, max_size=4))
    | st.builds(Swapped, _user)
    | st.builds(Reverted, _user)
    | st.builds(Lost, _user)
    | st.builds(Emptied, st.sampled_from(["follows", "aggregate_user"]))
)
_histories = st.lists(_steps | st.lists(_steps, min_size=2, max_size=5).map(AllAtOnce), min_size=1, max_size=8)
HISTORY = [
    AllAtOnce([*(Profile(user) for user in range(1, 5)), Follows([(1, 2), (1, 3), (2, 3), (3, 1)])]),
    AllAtOnce([Follows([(4, 3), (2, 3)]), Reverted(1), Swapped(1)]),
]
later = pytest.mark.parametrize("history", [HISTORY[:1], HISTORY], ids=["first_run", "later_run"])


def test_it_is_a_job_where_the_settings_want_it() -> None:
    def named(settings: Settings) -> set[str]:
        return {job.name for job in everything(settings)}

    assert SOCIAL_SETS.name not in named(Settings())
    assert SOCIAL_SETS.name in named(Settings(jobs=JobsSettings(social_sets=True)))


async def test_sets_that_no_job_keeps_are_named_by_the_doctor(connection: AsyncConnection[Any]) -> None:
    kept = Settings(jobs=JobsSettings(social_sets=True))
    off = Settings(jobs=JobsSettings(social_sets=True, off=(SOCIAL_SETS.name,)))
    assert list(await of_sets(connection, Settings())) == []
    await connection.execute("INSERT INTO user_social_sets (user_id) VALUES (1)")
    assert list(await of_sets(connection, kept)) == []
    for unkept in (Settings(), off):
        [found] = await of_sets(connection, unkept)
        assert (found.name, found.ok, isinstance(found, Advice)) == ("social sets", True, True)
        assert "TRUNCATE user_social_sets" in found.cure


@given(history=_histories)
@settings(
    max_examples=at_depth(4, 15, 200),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_incremental_equals_full_after_each_step(
    history: list[Any], connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    await check_history(SOCIAL_SETS, history, connection, twin, SocialWorld)
    world = SocialWorld(connection)
    assert await world.sets() == await world.expected_sets()


@pytest.mark.newest
@later
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    history: list[Any], database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_deaths(SOCIAL_SETS, history, database_url, connection, SocialWorld) >= 6


@pytest.mark.newest
@later
async def test_second_worker_at_any_exchange_changes_nothing(
    history: list[Any], database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_two_workers(SOCIAL_SETS, history, database_url, connection, SocialWorld) >= 6


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param([], id="none"),
        pytest.param([0], id="the_first_id"),
        pytest.param([3, 1, 2, 1], id="unordered_and_twice"),
        pytest.param([65_535, 65_536, 2**31 - 1], id="edges_of_containers"),
        pytest.param(range(4_096), id="most_that_are_listed"),
        pytest.param(range(4_097), id="fewest_that_are_bits"),
        pytest.param(range(1, 200_000, 3), id="three_containers_of_bits"),
        pytest.param([*range(65_536), *range(70_000, 70_010)], id="bits_and_a_list"),
    ],
)
async def test_a_set_is_in_the_portable_format(ids: Any, connection: AsyncConnection[Any]) -> None:
    cursor = await connection.execute("SELECT backbeat.roaring(%s::int[])", [list(ids)])
    [(stored,)] = await cursor.fetchall()
    assert roaring_set(stored) == set(ids)


@pytest.mark.parametrize(
    ("ids", "stored"),
    [
        ([], "3a30000000000000"),
        ([1, 2, 3], "3a300000 01000000 0000 0200 10000000 0100 0200 0300"),
        ([1, 65_536 * 2 + 258], "3a300000 02000000 0000 0000 0200 0000 18000000 1a000000 0100 0201"),
    ],
)  # as CRoaring writes them
async def test_a_set_is_stored_as_other_programs_store_it(
    ids: list[int], stored: str, connection: AsyncConnection[Any]
) -> None:
    cursor = await connection.execute("SELECT backbeat.roaring(%s::int[])", [ids])
    assert await cursor.fetchall() == [(bytes.fromhex(stored),)]


async def test_a_large_set_is_the_same_to_the_byte(connection: AsyncConnection[Any]) -> None:
    cursor = await connection.execute("SELECT backbeat.roaring(%s::int[])", [list(range(1, 200_000, 3))])
    [(stored,)] = await cursor.fetchall()
    assert (len(stored), hashlib.md5(stored).hexdigest()) == (26_878, "7f2ac395a23e155f8822db429f0a804c")  # noqa: S324 - a name for bytes, as CRoaring writes them


async def test_what_another_program_left_is_replaced_by_a_rebuild(connection: AsyncConnection[Any]) -> None:
    world = await SocialWorld.empty(connection)
    await world.apply(HISTORY[0])
    await settle(SOCIAL_SETS, connection)
    for spoil in (
        "UPDATE user_social_sets SET followers_bitmap = '' WHERE user_id = 3",
        "DELETE FROM user_social_sets WHERE user_id = 1",
        "INSERT INTO user_social_sets (user_id) VALUES (77)",
    ):
        await world.execute(spoil)
        assert not (await SOCIAL_SETS.audit(connection)).is_clean
        await SOCIAL_SETS.rebuild(Session(connection))
        assert (await SOCIAL_SETS.audit(connection)).is_clean
        assert await world.sets() == await world.expected_sets()


READ = "SELECT relname, seq_tup_read, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
FILL = """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
    SELECT n, 1 + (n + step) %% %s, true, false, now() FROM generate_series(1, %s) AS n, generate_series(1, 4) AS step
"""
EDGES_EACH, K = 8, 12  # four of either side; the user's counts and its set besides


async def test_a_run_reads_the_edges_of_those_whose_edges_changed(connection: AsyncConnection[Any]) -> None:
    found = []
    await connection.execute("SET enable_seqscan = off")  # as in the sessions of jobs
    for users in (500, 2_000):
        world = await SocialWorld.empty(connection)
        await world.execute(FILL, users, users)
        await settle(SOCIAL_SETS, connection)
        await world.execute("VACUUM (ANALYZE)")
        await world.execute(
            "UPDATE follows SET is_delete = true WHERE follower_user_id <= 5 AND followee_user_id % 2 = 0"
        )
        counted: list[tuple[str, int, int]] = []

        async def count(session: AsyncConnection[Any], into: list[tuple[str, int, int]] = counted) -> None:
            into.extend(await (await session.execute(READ)).fetchall())

        await world.execute("SELECT pg_stat_force_next_flush()")
        report = await SOCIAL_SETS.incremental(Session(connection, checked_by(count)))
        tables = {name: (scanned, rows) for name, scanned, rows in counted if name not in {"consumers", "rounds"}}
        assert report.keys <= USERS_MAX
        assert not {name for name, (scanned, _) in tables.items() if scanned} - {"changes"}
        read = sum(rows for name, (_, rows) in tables.items() if name != "changes")
        assert report.keys < read <= K * report.keys
        found.append(read / report.keys)
    assert found[1] <= 1.5 * found[0]
