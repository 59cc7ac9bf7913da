"""Jobs beside an indexer that goes on writing blocks: what is made and left, what is derived, and how it ends."""

import random
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from conftest import new_database
from depth import at_depth
from foreign_database.writers import ForeignWriter
from integration.adopt.audience import CHOICES, PATIENCE, Heard, adopted
from integration.adopt.beside import JOBS_ONLY, adopted_for_jobs, as_jobs_do, jobs_beside, settled, writers
from integration.adopt.conftest import HANDED_OVER, name_of
from processes import backbeat, eventually
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.adopt.adoption import planned
from backbeat.adopt.beside import THEIRS, counts_of_theirs
from backbeat.adopt.patience import Patience
from backbeat.adopt.release import release
from backbeat.adopt.step import Step
from backbeat.app import opened
from backbeat.beside.frontier import Frontier, foreign_chain, refuse_blocks
from backbeat.clock import SystemClock
from backbeat.codes import JobState, Part
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.lanes import Lane
from backbeat.db.migrate import migrate, verify
from backbeat.db.pool import open_lanes
from backbeat.db.server import is_beside, read_info
from backbeat.errors import AdoptionError, JobError, UnfitDatabaseError
from backbeat.incremental.transaction import Session
from backbeat.jobs import operate
from backbeat.observe.status import read_status
from backbeat.settings import DatabaseSettings, Settings
from bench.synthetic.settle import until_quiet
from builders.indexing import rows

HISTORIES = at_depth(1, 2, 12)
ACTS = at_depth(40, 80, 300)
OPEN_MAX = 3  # transactions of writers that commit late, at once
OURS = """
    SELECT DISTINCT routine.proname
    FROM pg_trigger AS made
    JOIN pg_proc AS routine ON routine.oid = made.tgfoid
    JOIN pg_class AS class ON class.oid = made.tgrelid AND class.relnamespace = 'public'::regnamespace
    WHERE routine.pronamespace = 'backbeat'::regnamespace AND NOT made.tgisinternal
"""
ENABLED = """
    SELECT tgrelid::regclass::text, tgname, tgenabled::text
    FROM pg_trigger JOIN pg_proc AS routine ON routine.oid = tgfoid
    WHERE NOT tgisinternal AND routine.pronamespace = 'public'::regnamespace
    ORDER BY 1, 2
"""
COUNTS = ("aggregate_user", "aggregate_track", "aggregate_playlist", "aggregate_plays", "aggregate_monthly_plays")
HEAD = "SELECT max(height) FROM core_indexed_blocks"
CURSOR = "SELECT height::integer FROM backbeat.cursor"


async def counts(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
    """Return a sum over each table of counts."""
    found = []
    for table in COUNTS:
        query = SQL(
            "SELECT {}::text, md5(string_agg(told::text, ';' ORDER BY told))"
            " FROM (SELECT to_jsonb(r) - %s::text[] AS told FROM {} AS r) AS kept"
        )
        asked = query.format(table, Identifier(table))
        found += await (await connection.execute(asked, [["total_playlist_count", "total_album_count"]])).fetchall()
    return found


async def test_blocks_and_counts_are_left_to_the_other_indexer(foreign: AsyncConnection[Any]) -> None:
    theirs, counted = await rows(foreign, ENABLED), await counts(foreign)
    await adopted_for_jobs(foreign)
    assert await rows(foreign, ENABLED) == theirs
    made = {name for (name,) in await rows(foreign, OURS)}
    assert made.isdisjoint(key.name for key in THEIRS)
    assert made >= {"keep_past", "note_standing", "log_saves", "log_public_tracks_to_edits"}
    assert await counts(foreign) == counted
    assert await foreign_chain(foreign) == "dev"
    assert await rows(foreign, CURSOR) == [(HANDED_OVER - 1,)], "the newest block may not be whole"
    await verify(foreign)
    assert len(counts_of_theirs()) == len(THEIRS)


async def test_a_migration_does_not_make_what_was_left_out(beside_url: str, beside: AsyncConnection[Any]) -> None:
    await migrate(beside_url, clock=SystemClock())
    assert {name for (name,) in await rows(beside, OURS)}.isdisjoint(key.name for key in THEIRS)


async def test_a_second_adoption_for_jobs_is_refused(foreign: AsyncConnection[Any]) -> None:
    await adopted_for_jobs(foreign)
    with pytest.raises(AdoptionError) as refused:
        await adopted_for_jobs(foreign)
    assert refused.value.code == "adopted_already"


class BeginsLate(Heard):
    """Has a writer begin that commits late, once only steps for jobs are left: the others wait for it for ever."""

    def __init__(self, theirs: ForeignWriter, late: ForeignWriter) -> None:
        super().__init__()
        self.theirs, self.late = theirs, late
        self.early_id = 0

    def begins(self, step: Step) -> None:
        """Begin to write."""
        if step.name.startswith("jobs") and not self.early_id:
            self.late.begin(late=True)
            self.early_id = self.late.play()
            self.theirs.whole_block()


class BeginsLast(BeginsLate):
    """The same with the last step alone."""

    def begins(self, step: Step) -> None:
        """Begin to write."""
        if step.name == "jobs":
            super().begins(step)


async def test_adopting_beside_a_living_writer_waits_for_those_who_write_and_nobody_waits_for_it(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    with writers(foreign_url, "theirs", "late") as [theirs, late]:
        heard = BeginsLate(theirs, late)
        theirs.connection.execute("SET lock_timeout = '1ms'")
        theirs.commit()

        async def meanwhile(seconds: float) -> None:
            del seconds
            theirs.whole_block()
            if len(heard.in_the_way) == 2:
                late.commit()

        patience = Patience(lock_seconds=0.02, pause=meanwhile)
        await adopted_for_jobs(foreign, heard, patience=patience)
        assert any(each.application == "late" for tried in heard.in_the_way for each in tried)
    assert (await rows(foreign, "SELECT play_id > %s FROM backbeat.cursor", heard.early_id)) == [(True,)]


async def test_the_cursor_begins_behind_who_writes_at_that_moment(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    with writers(foreign_url, "theirs", "late") as [theirs, late]:
        heard = BeginsLast(theirs, late)

        async def meanwhile(seconds: float) -> None:
            del seconds
            theirs.whole_block()
            if len(heard.in_the_way) == 2:
                late.commit()

        patience = Patience(lock_seconds=0.02, pause=meanwhile)
        await adopted_for_jobs(foreign, heard, patience=patience, blocks_behind=0)
        assert len(heard.in_the_way) == 2
    assert (await rows(foreign, "SELECT play_id >= %s FROM backbeat.cursor", heard.early_id)) == [(True,)]


async def test_no_block_is_written_and_a_worker_starts(beside_url: str) -> None:
    with pytest.raises(UnfitDatabaseError) as refused:
        await opened(beside_url, Settings(), {Part.INDEX})
    assert (refused.value.code, refused.value.exit_status) == ("jobs_only", 78)
    assert "backbeat jobs run" in refused.value.cure
    lanes = await opened(beside_url, Settings(), {Part.JOBS})
    await lanes.close()


async def test_jobs_that_are_the_writers_wait_and_say_so(beside: AsyncConnection[Any]) -> None:
    views = {view.name: view for view in await operate.list_jobs(beside)}
    for name in ("plays.prune", "aggregates.reconcile", "scheduled_releases"):
        assert views[name].state == JobState.WAITING
        assert "another indexer" in views[name].waits_for
    assert not views["hourly_play_counts"].waits_for
    with pytest.raises(JobError) as refused:
        await operate.rebuild(beside, "aggregates.reconcile")
    assert refused.value.code in {"job_left_to_another", "job_keeps_no_table"}


async def test_t8_without_a_frontier_jobs_wait(beside: AsyncConnection[Any]) -> None:
    await beside.execute("DELETE FROM backbeat.cursor")
    views = {view.name: view for view in await operate.list_jobs(beside)}
    assert views["hourly_play_counts"].waits_for
    with pytest.raises(UnfitDatabaseError) as refused:
        await Frontier(blocks_behind=1).step(Session(beside))
    assert refused.value.code == "not_beside_another"


async def test_status_tells_whose_frontier_it_is_and_for_whom_it_waits(beside: AsyncConnection[Any]) -> None:
    checks = {each.name: each for each in (await read_status(beside, SystemClock())).checks}
    assert checks["triggers of others"].ok
    await beside.execute("UPDATE backbeat.beside SET waits_for = 'late', waits_since = now() - interval '2 minutes'")
    status = await read_status(beside, SystemClock())
    checks = {each.name: each for each in status.checks}
    assert not checks["frontier"].ok
    assert "late" in checks["frontier"].detail
    assert status.indexer is not None
    assert status.indexer.is_beside


async def test_sessions_of_jobs_give_way_in_a_deadlock(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    jobs = Lane(1, 1, 300.0, gives_way=True)
    settings = DatabaseSettings()
    before = await read_info(foreign)
    assert not await is_beside(foreign, before)
    assert jobs.limits(settings, before)["lock_timeout"] == "15000ms"
    await adopted_for_jobs(foreign)
    info = await read_info(foreign)
    assert await is_beside(foreign, info)
    assert jobs.limits(settings, info, beside=True)["lock_timeout"] == "500ms"
    async with await open_lanes(foreign_url, settings) as lanes:
        async with lanes.jobs.connection() as connection:
            assert await rows(connection, "SHOW lock_timeout") == [("500ms",)]
        async with lanes.control.connection() as connection:
            assert await rows(connection, "SHOW lock_timeout") == [("15s",)]


async def test_a_role_that_may_finds_deadlocks_before_all_others(
    beside_url: str, beside: AsyncConnection[Any], admin: psycopg.Connection
) -> None:
    [(role,)] = await rows(beside, "SELECT current_user")
    grant = SQL("{} SET ON PARAMETER deadlock_timeout {} {}")
    admin.execute(grant.format(SQL("GRANT"), SQL("TO"), Identifier(role)))
    try:
        async with await open_lanes(beside_url, DatabaseSettings()) as lanes, lanes.jobs.connection() as connection:
            assert await rows(connection, "SHOW deadlock_timeout") == [("10ms",)]
    finally:
        admin.execute(grant.format(SQL("REVOKE"), SQL("FROM"), Identifier(role)))


async def test_the_database_is_taken_over_later(beside_url: str, beside: AsyncConnection[Any]) -> None:
    with writers(beside_url, "theirs") as [theirs]:
        for _ in range(3):
            theirs.whole_block()
    await settled(Frontier(blocks_behind=1), beside)
    starts = await rows(beside, "SELECT challenge_id, block_number FROM backbeat.challenge_starts ORDER BY 1")
    plan = await planned(beside, CHOICES)
    assert [step.name for step in plan.steps] == ["switch"]
    await adopted(beside)
    await verify(beside)
    await refuse_blocks(beside)
    assert {name for (name,) in await rows(beside, OURS)} >= {key.name for key in THEIRS}
    assert await rows(beside, CURSOR) == await rows(beside, HEAD)
    assert await rows(beside, "SELECT challenge_id, block_number FROM backbeat.challenge_starts ORDER BY 1") == starts
    assert await rows(beside, "SELECT count(*) FROM backbeat.adoptions WHERE released_at IS NULL") == [(1,)]
    at = "SELECT count(*) FROM backbeat.past_frontiers JOIN backbeat.cursor USING (block_number, play_id)"
    assert await rows(beside, at) == [(1,)], "histories go on"


async def test_the_database_is_given_back_while_the_other_indexer_writes(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    theirs_before = await rows(foreign, ENABLED)
    await adopted_for_jobs(foreign)
    with writers(foreign_url, "theirs") as [theirs]:
        theirs.whole_block()
        noted = await rows(foreign, "SELECT block_height, proposer_address FROM etl_blocks ORDER BY 1")
        await release(foreign, patience=PATIENCE, waits=lambda *_: None)
        assert await rows(foreign, OURS) == []
        assert await rows(foreign, ENABLED) == theirs_before
        assert await rows(foreign, "SELECT block_height, proposer_address FROM etl_blocks ORDER BY 1") == noted
        theirs.whole_block()
    await adopted(foreign, JOBS_ONLY)
    with writers(foreign_url, "again") as [again]:
        again.whole_block()
    await settled(Frontier(blocks_behind=0), foreign)
    assert await rows(foreign, CURSOR) == await rows(foreign, HEAD)


WRITTEN = "SELECT (SELECT count(*) FROM etl_blocks), (SELECT is_verified FROM users ORDER BY user_id LIMIT 1)"


async def test_a_writer_without_rights_on_our_schema_goes_on_writing(
    beside_url: str, beside: AsyncConnection[Any], admin: psycopg.Connection
) -> None:
    role = f"their_indexer_{uuid4().hex}"  # the server is other tests' as well
    admin.execute(f"CREATE ROLE {role}".encode())
    try:
        for statement in (
            f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            await beside.execute(statement.encode())
        [(user,)] = await rows(beside, "SELECT current_user")
        [(blocks, verified)] = await rows(beside, WRITTEN)
        admin.execute(SQL("GRANT {} TO {}").format(Identifier(role), Identifier(user)))
        with writers(beside_url, "theirs") as [theirs]:
            theirs.connection.execute(f"SET ROLE {role}".encode())
            theirs.whole_block()
            theirs.connection.execute("UPDATE users SET is_verified = NOT is_verified, blocknumber = blocknumber + 0")
            theirs.commit()
        assert await rows(beside, WRITTEN) == [(blocks + 1, not verified)]
    finally:
        await beside.execute(f"DROP OWNED BY {role}".encode())
        admin.execute(f"DROP ROLE {role}".encode())


class Script:
    """A network that goes on in an order that a seed chooses: blocks, writers that commit late, steps and jobs."""

    def __init__(
        self, seed: int, theirs: ForeignWriter, late: list[ForeignWriter], foreign: AsyncConnection[Any]
    ) -> None:
        self._random = random.Random(seed)
        self._theirs = theirs
        self._free, self._open = list(late), list[ForeignWriter]()
        self._noted = False
        self._foreign = foreign
        self.frontier = Frontier(blocks_behind=1, blocks_max=3, plays_max=7)
        self.waited = 0

    async def act(self, jobs: Callable[[], Any]) -> None:
        """Do one thing."""
        chosen = self._random.random()
        if chosen < 0.4:
            self._block()
        elif chosen < 0.6:
            self._begin_late()
        elif chosen < 0.7:
            self._end_late()
        elif chosen < 0.95:
            self.waited += bool((await self.frontier.step(Session(self._foreign))).waits_for)
        else:
            await jobs()

    def _block(self) -> None:
        theirs = self._theirs
        if self._noted:
            theirs.write_block()
            theirs.write_rows()
            theirs.commit()
            self._noted = False
        elif self._random.random() < 0.5:
            theirs.whole_block()
        else:
            theirs.begin()
            theirs.note()
            theirs.commit()
            self._noted = True

    def _begin_late(self) -> None:
        if self._noted or not self._free:
            return
        writer = self._free.pop(self._random.randrange(len(self._free)))
        writer.begin(late=True)
        writer.write_rows()
        self._open.append(writer)

    def _end_late(self) -> None:
        if self._open:
            writer = self._open.pop(self._random.randrange(len(self._open)))
            writer.roll_back() if self._random.random() < 0.2 else writer.commit()
            self._free.append(writer)

    async def end(self) -> None:
        """Commit everything, and let the frontier come to the end."""
        while self._open:
            self._end_late()
        if self._noted:
            self._block()
        self._theirs.whole_block()
        self._theirs.whole_block()
        await settled(self.frontier, self._foreign)
        await settled(Frontier(blocks_behind=0), self._foreign)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(HISTORIES))
async def test_t8_whatever_order_writers_commit_in_all_tables_come_to_what_a_rebuild_gives(
    seed: int, beside_url: str, beside: AsyncConnection[Any]
) -> None:
    names = [f"late {number}" for number in range(OPEN_MAX)]
    async with as_jobs_do(beside_url) as session:

        async def jobs() -> None:
            for job in jobs_beside():
                await until_quiet(job.run, session)

        for job in jobs_beside():  # challenges begin with what is to come, and a rebuild judges the past as well
            if job.rebuild is not None:
                await job.rebuild(Session(session))
        await jobs()
        with writers(beside_url, "theirs", *names) as [theirs, *late]:
            script = Script(seed, theirs, late, beside)
            for _ in range(ACTS):
                await script.act(jobs)
            await script.end()
        assert script.waited
        await jobs()
        await jobs()
        compared = [await job.difference(session) for job in jobs_beside() if job.difference is not None]
        assert [report for report in compared if not report.is_clean] == []
        assert await rows(session, "SELECT sum(play_count) FROM hourly_play_counts") == await rows(
            session, "SELECT count(*) FROM plays"
        )


@pytest.mark.slow
async def test_a_worker_that_is_killed_is_followed_by_another(
    beside_url: str, beside: AsyncConnection[Any], tmp_path: Path
) -> None:

    async def head() -> int:
        return int((await rows(beside, HEAD))[0][0])

    with psycopg.connect(beside_url, autocommit=True) as looking, writers(beside_url, "theirs") as [theirs]:

        def has_come_to(height: int) -> bool:
            ((found,),) = looking.execute(CURSOR).fetchall()
            return bool(found >= height)

        for _ in range(2):
            with backbeat(tmp_path, "jobs", "run", DATABASE_URL=beside_url) as worker:
                height = theirs.whole_block()
                theirs.whole_block()
                eventually("the frontier follows", partial(has_come_to, height))
                worker.kill()
                worker.wait()
    await settled(Frontier(blocks_behind=0), beside)
    assert await rows(beside, CURSOR) == [(await head(),)]


async def test_two_databases_of_the_same_writer_come_to_the_same(
    foreign_url: str,
    foreign: AsyncConnection[Any],
    postgres: EmbeddedPostgres,
    admin: psycopg.Connection,
) -> None:
    await foreign.close()
    with new_database(postgres, admin, name_of(foreign_url)) as other_url:
        found = []
        for url, at_once in ((foreign_url, True), (other_url, False)):
            ForeignWriter.fresh = count(9_000_000)
            async with as_jobs_do(url) as connection:
                await adopted_for_jobs(connection, blocks_behind=0)
                with writers(url, "theirs") as [theirs]:
                    for _ in range(6):
                        theirs.whole_block()
                        if not at_once:
                            await settled(Frontier(blocks_behind=0), connection)
                await settled(Frontier(blocks_behind=0), connection)
                kept = "SELECT block_number, play_id, height, block_time FROM backbeat.past_frontiers ORDER BY 3, 2"
                found.append(await rows(connection, kept))
    assert found[0] == found[1]


async def test_a_reward_that_the_other_indexer_completes_without_its_time_does_not_fail(
    foreign: AsyncConnection[Any],
) -> None:
    await adopted(foreign, JOBS_ONLY)
    done = "INSERT INTO user_challenges (challenge_id, user_id, specifier, is_complete) VALUES ('p', 3000001, %s, %s)"
    await foreign.execute(done, ["at once", True])
    await foreign.execute(done, ["later", False])
    await foreign.execute("UPDATE user_challenges SET is_complete = true WHERE specifier = 'later'")
    assert await rows(foreign, "SELECT FROM user_challenges WHERE specifier IN ('at once', 'later') AND is_complete")
    assert not await rows(foreign, "SELECT FROM notification WHERE type = 'reward_in_cooldown'")
