"""One statement tells of every job of the catalogue what a run's own look would tell."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from depth import at_depth
from jobs_bench import claim, schedule_row
from psycopg import AsyncConnection

from backbeat.codes import Phase
from backbeat.derived.challenges.all import REWARDS
from backbeat.incremental.glance import Glance
from backbeat.incremental.transaction import Session
from backbeat.jobs import store
from backbeat.jobs.catalog import JOBS, find
from backbeat.settings import JobsSettings, Settings
from builders.indexed import seed
from harness.chain_writer import CatalogEdit
from harness.challenge_life import STEPPED, Life, apply
from harness.challenge_world import EPOCH, ChallengeWorld, play, score, track, user, wipe_challenges
from harness.connections import scripted
from harness.glancing import Glancing, moved
from harness.releases import waiting_track

SEEDS = at_depth(1, 2, 12)
STEPS = 8
OF_NO_STEP = 9_000  # a track, and its owner
FOLLOWED = {job.name: job.feeds for job in JOBS if job.feeds}
SOON = {job.name: job.feeds for job in JOBS if job.run_soon_seconds is not None}

GOES_BY_OTHER_THINGS = {
    "plays.prune", "contest_notifications", "weekly_rotation", "engagement_notifications",
    "trending.notifications", "challenges.trending_track",
    "challenges.trending_underground", "challenges.trending_playlist", "change_log.prune", "change_log.expire",
    "rejected.prune", "notifications.expire", "delists.users", "delists.tracks", "repairs.audio_analysis",
    "repairs.track_cid", "audits.verify",
}  # fmt: skip
"""What is due, what grew, what others tell; `audits.verify` goes by its budget, whatever changed."""

ACT = """
    INSERT INTO backbeat.acts (blocknumber, place, ordinal, kind, "time", actor_id, item_id)
    VALUES (%s, 0, 0, 'nothing', now(), 1, 1) ON CONFLICT DO NOTHING
"""
"""One that no family of notifications tells of; the world's writer leaves none."""


async def small_world(connection: AsyncConnection[Any]) -> ChallengeWorld:
    await wipe_challenges(connection)
    world = ChallengeWorld(connection)
    await connection.execute("UPDATE challenges SET active = true")
    for challenge_id, step_count in STEPPED.items():
        await world.set(challenge_id, step_count=step_count)
    return world


async def settle(connection: AsyncConnection[Any], names: list[str]) -> None:
    """Run jobs as the catalogue has them, each until nothing is left."""
    for name in names:
        run = find(name).run
        for _ in range(1_000):
            if not (await run(Session(connection))).more:
                break


def test_every_job_that_follows_closely_tells_what_it_looks_at() -> None:
    assert {job.name for job in JOBS if not job.feeds} == GOES_BY_OTHER_THINGS
    assert all(SOON.values())
    assert not find("scores.users", Settings(jobs=JobsSettings(scores_mode="full_pass"))).feeds


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_it_tells_what_each_job_would_find(seed: int, connection: AsyncConnection[Any]) -> None:
    chance, glancing = random.Random(seed), Glancing(FOLLOWED)
    world = await small_world(connection)
    await glancing.check(connection)
    await world.block(waiting_track(OF_NO_STEP, OF_NO_STEP, EPOCH))
    for step in Life(random.Random(seed)).steps(STEPS):
        await apply(world, step)
        await connection.execute(ACT, [world.block_number])
        await glancing.check(connection)
        await settle(connection, chance.sample(list(FOLLOWED), len(FOLLOWED) // 2))
        await glancing.check(connection)
    await settle(connection, [*FOLLOWED, *FOLLOWED])
    seen = await glancing.check(connection)
    left = [await find(name).run(Session(connection)) for name in seen.moved & SOON.keys()]
    assert all(report.off for report in left)  # an operator's edit left its challenge without a row that is active
    assert glancing.told == FOLLOWED.keys()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 100 + SEEDS))
async def test_a_run_of_what_it_does_not_name_is_quiet(seed: int, connection: AsyncConnection[Any]) -> None:
    """So a tick may stand in for it."""
    chance, glance = random.Random(seed), Glance(FOLLOWED)
    ticked = [name for name in FOLLOWED if not find(name).goes_by_more]
    world = await small_world(connection)
    await settle(connection, [*FOLLOWED, *FOLLOWED])
    for step in Life(random.Random(seed)).steps(STEPS):
        await apply(world, step)
        await settle(connection, ticked if isinstance(step, CatalogEdit) else chance.sample(ticked, len(ticked) // 2))
        for name in ticked:
            if name not in (await glance.look(connection)).moved:
                assert (await find(name).run(Session(connection))).is_quiet, name


async def test_the_weeks_top_ten_is_told_by_no_feed(connection: AsyncConnection[Any]) -> None:
    world, glance = await small_world(connection), Glance(FOLLOWED)
    await world.block(user(1), track(7, 1), track(8, 1), score(7, 100))
    await settle(connection, ["challenges.tastemaker"])
    await connection.execute("UPDATE track_trending_scores SET track_id = 8")
    await world.block()  # a block has one list
    assert "challenges.tastemaker" not in (await glance.look(connection)).moved
    assert not (await find("challenges.tastemaker").run(Session(connection))).is_quiet
    assert find("challenges.tastemaker").goes_by_more


async def test_a_release_is_told_once_it_is_due(connection: AsyncConnection[Any]) -> None:
    world, glance = await small_world(connection), Glance({"scheduled_releases": find("scheduled_releases").feeds})
    due = EPOCH + timedelta(hours=1)
    await world.block(waiting_track(1, 1, due), at=due)
    assert not (await glance.look(connection, due=())).moved
    await world.block(at=due + timedelta(seconds=1))
    assert (await glance.look(connection, due=())).moved == {"scheduled_releases"}
    await settle(connection, ["scheduled_releases"])
    assert not (await glance.look(connection)).moved


async def test_what_it_names_and_is_off_says_so(connection: AsyncConnection[Any]) -> None:
    """Until an operator switches it on its positions stay where they are."""
    await small_world(connection)
    await connection.execute("UPDATE challenges SET active = false")
    named = (await Glance(SOON).look(connection)).moved
    reports = [await find(name).run(Session(connection)) for name in sorted(named)]
    assert {report.name for report in reports if report.off} == {
        keeper.name for one in REWARDS for keeper in (*one.beside, one.keeper)
    }
    await connection.execute("UPDATE challenges SET active = true WHERE id = 'r'")
    await settle(connection, ["challenges.referral"])
    report = await find("challenges.referral").run(Session(connection))
    assert (report.off, report.is_quiet) == (True, True)  # of the other one nothing is judged
    await connection.execute("UPDATE challenges SET active = true WHERE id = 'rv'")
    await settle(connection, ["challenges.referral"])
    assert not (await find("challenges.referral").run(Session(connection))).off


async def test_an_edit_of_the_rules_is_seen(connection: AsyncConnection[Any]) -> None:
    world, glance = await small_world(connection), Glance(SOON, rules=("backbeat", "rules_in_force"))
    before = (await glance.look(connection)).rules
    await world.block(play(1, 2))
    assert before is not None
    assert (await glance.look(connection)).rules == before
    await world.set("p1", amount="7")
    assert (await glance.look(connection)).rules == before, "it holds from the next block on"
    await world.block()
    assert (await glance.look(connection)).rules != before


async def test_it_tells_what_stands_in_the_schedule(connection: AsyncConnection[Any]) -> None:
    glance = Glance(SOON, scheduled=[JOBS[0].name, JOBS[1].name])
    assert (await Glance(SOON).look(connection)).schedule is None
    assert (await glance.look(connection)).schedule == (0, 0, 0, 0, 0)
    await store.register(connection, JOBS)
    assert (await glance.look(connection)).schedule == (2, 0, 0, 0, 0)
    await store.set_paused(connection, JOBS[0].name, paused=True)
    row = await schedule_row(connection, JOBS[1].name)
    assert await claim(connection, row, UUID(int=1), row.timing, 30)
    await connection.execute("UPDATE backbeat.jobs SET term = 7, paused = true WHERE name = %s", [JOBS[2].name])
    await seed(connection, phase=Phase.AT_TIP)
    assert (await glance.look(connection)).schedule == (2, 1, 1, 1, 1)
    await seed(connection, phase=Phase.CATCHING_UP)
    assert (await glance.look(connection)).schedule == (2, 1, 1, 1, 0)


async def test_a_quiet_block_costs_one_exchange(database_url: str, connection: AsyncConnection[Any]) -> None:
    world = await small_world(connection)
    await world.block()
    await settle(connection, list(SOON))
    await world.block()
    session = await scripted(database_url)
    try:
        glance = Glance(SOON)
        seen = await glance.look(session)
        for _ in range(8):  # the driver prepares it on the way
            before = session.exchanges
            seen = await glance.look(session)
            assert session.exchanges == before + 1
    finally:
        await session.close()
    assert seen.moved <= {"challenges.listen_streak"}


COSTLY = {"trending.tracks", "trending.playlists", "aggregates.reconcile", "scores.verify"}


async def test_what_is_costly_is_looked_at_when_it_is_due(connection: AsyncConnection[Any]) -> None:
    glance = Glance(FOLLOWED)
    seen = await glance.look(connection, due=())
    assert seen.passed_over == COSTLY
    assert not seen.moved & COSTLY
    seen = await glance.look(connection, due={"trending.tracks", "tips.supporters"})
    assert seen.passed_over == COSTLY - {"trending.tracks"}
    assert seen.moved & COSTLY == {"trending.tracks"}
    assert (await glance.look(connection)).passed_over == set()


async def rows_read(connection: AsyncConnection[Any], glance: Glance) -> int:
    """Return how many rows a look reads, of all tables but those that hold a row for each job or position."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    async with connection.transaction():
        await glance.look(connection)
        found = await connection.execute(
            "SELECT sum(seq_tup_read + idx_tup_fetch)::int FROM pg_stat_xact_user_tables WHERE relname <> ALL (%s)",
            [["jobs", "indexing_checkpoints", "consumers", "clocks", "rounds", "cursor"]],
        )
        [(rows,)] = await found.fetchall()
    assert isinstance(rows, int)
    return rows


async def test_it_reads_no_more_of_a_backlog(connection: AsyncConnection[Any]) -> None:
    """Also where the driver prepared the statement while there were no rows, and nothing has counted any since."""
    world, glance = await small_world(connection), Glance(SOON)
    await connection.execute("ALTER TABLE plays SET (autovacuum_enabled = off)")
    await connection.execute("VACUUM (ANALYZE)")
    for _ in range(8):
        await glance.look(connection)
    await world.block(play(1, 2))
    await settle(connection, list(SOON))
    await world.block([play(1, 2) for _ in range(3_000)])
    await connection.execute(
        "INSERT INTO backbeat.changes (stream, keys) SELECT 'edits', '{user:1}' FROM generate_series(1, 3000)"
    )
    assert (await glance.look(connection)).moved >= {"challenges.listen_streak", "challenges.track_upload"}
    assert await rows_read(connection, glance) <= 2 * len(SOON)
    assert (await glance.look(connection)).moved == await moved(connection, SOON)
