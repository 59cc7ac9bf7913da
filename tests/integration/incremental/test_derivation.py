"""The engine on a made-up derived table: how many users each track's listeners are, by track and country."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.db.together import Question
from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.merge import Target
from backbeat.incremental.transaction import Session, checked_by
from harness import ChainWriter, Play, settle
from harness.check import Rows

LISTENERS = """
    SELECT play_item_id AS track_id, coalesce(country, '') AS country, count(DISTINCT user_id)::int AS listeners,
        %(note)s::text AS note, now() AS made_at
    FROM plays
    WHERE (%(keys)b::int[] IS NULL OR play_item_id = ANY (%(keys)b::int[])) AND user_id IS NOT NULL
    GROUP BY 1, 2
"""
PLAYED = "SELECT play_item_id AS key, count(*) AS rows FROM plays WHERE id > %(after)s AND id <= %(upto)s GROUP BY 1"


class Parameters:
    def __init__(self) -> None:
        self.note: str | None = "first"

    @property
    def question(self) -> Question[Mapping[str, Any] | None]:
        return Question(self._told, "SELECT 1 AS number")

    def _told(self, **_: Any) -> Mapping[str, Any] | None:
        return None if self.note is None else {"note": self.note}


class World:
    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self.chain = ChainWriter(connection)
        self.parameters = Parameters()

    def derivation(
        self,
        *,
        rows_max: int = 5,
        version: int = 1,
        feeds: tuple[str, ...] = ("listeners",),
        flushed: bool = True,
        **target: Any,
    ) -> Derivation:
        return Derivation(
            "listeners",
            dirty=[Dirty(BlockFeed(name, "plays", Stamp.PLAY, rows_max), PLAYED) for name in feeds],
            query=LISTENERS,
            target=Target(
                table="listeners", key=("track_id", "country"), values=("listeners", "note"),
                **{"scope": "track_id", "once": ("made_at",)} | target,
            ),
            parameters=self.parameters.question,
            version=version,
            flushed=flushed,
        )  # fmt: skip

    async def rows(self) -> Rows:
        query = "SELECT track_id, country, listeners, note FROM listeners ORDER BY 1, 2"
        return await (await self.connection.execute(query)).fetchall()


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> World:
    await connection.execute(
        """
        CREATE TABLE public.listeners (
            track_id int, country text, listeners int, note text, made_at timestamptz, final boolean DEFAULT false,
            PRIMARY KEY (track_id, country)
        )
        """
    )
    return World(connection)


async def test_new_changed_and_vanished_rows(world: World) -> None:
    derived = world.derivation()
    await world.chain.commit([Play(1, 1), Play(2, 1, country="NL"), Play(2, 2)])
    await settle(derived, world.connection)
    assert await world.rows() == [(1, "", 1, "first"), (2, "", 1, "first"), (2, "NL", 1, "first")]
    await world.connection.execute("DELETE FROM plays WHERE country = 'NL'")
    await world.connection.execute("INSERT INTO listeners VALUES (3, '', 9, 'not ours to see')")
    await world.chain.commit([Play(2, 3), Play(4, 1)])
    report = await derived.incremental(Session(world.connection))
    assert (report.keys, report.rows_read) == (2, 2)
    assert (report.inserted, report.updated, report.deleted) == (1, 1, 1)
    assert await world.rows() == [
        (1, "", 1, "first"), (2, "", 2, "first"), (3, "", 9, "not ours to see"), (4, "", 1, "first"),
    ]  # fmt: skip
    assert (await derived.rebuild(Session(world.connection))).deleted == 1


async def test_rows_that_do_not_differ_are_not_touched(world: World) -> None:
    derived = world.derivation()
    await world.chain.commit([Play(1, 1), Play(2, 1)])
    await settle(derived, world.connection)
    touched = "SELECT track_id, xmin::text, made_at FROM listeners ORDER BY 1"
    before = await (await world.connection.execute(touched)).fetchall()
    await world.chain.commit([Play(1, 1), Play(2, 2)])
    report = await derived.incremental(Session(world.connection))
    assert (report.keys, report.updated) == (2, 1)
    after = await (await world.connection.execute(touched)).fetchall()
    assert after[0] == before[0]
    assert after[1][1] != before[1][1]
    assert after[1][2] == before[1][2], "columns that are written once stay"


async def test_stamps_are_written_with_every_change_and_never_compared(world: World) -> None:
    derived = world.derivation(once=(), stamps=("made_at",))
    await world.chain.commit([Play(1, 1), Play(2, 1)])
    await settle(derived, world.connection)
    stamps = "SELECT made_at FROM listeners ORDER BY track_id"
    before = await (await world.connection.execute(stamps)).fetchall()
    await world.chain.commit([Play(1, 1), Play(2, 2)])
    await settle(derived, world.connection)
    after = await (await world.connection.execute(stamps)).fetchall()
    assert after[0] == before[0]
    assert after[1] > before[1]
    assert (await derived.audit(world.connection)).is_clean


async def test_frozen_rows_and_kept_rows(world: World) -> None:
    derived = world.derivation(frozen="final", keeps_vanished=True)
    await world.chain.commit([Play(1, 1), Play(2, 1)])
    await settle(derived, world.connection)
    await world.connection.execute("UPDATE listeners SET final = track_id = 1")
    await world.connection.execute("INSERT INTO listeners VALUES (3, '', 1, 'kept')")
    await world.chain.commit([Play(1, 2), Play(2, 2), Play(3, None)])
    await settle(derived, world.connection)
    assert await world.rows() == [(1, "", 1, "first"), (2, "", 2, "first"), (3, "", 1, "kept")]
    assert (await derived.audit(world.connection)).is_clean
    assert (await derived.rebuild(Session(world.connection))).is_quiet


@pytest.mark.parametrize("flushed", [True, False])
async def test_commits_wait_for_the_disk_unless_told(world: World, *, flushed: bool) -> None:
    derived, seen = world.derivation(flushed=flushed), list[str]()

    async def fence(connection: AsyncConnection[Any]) -> None:
        shown = await (await connection.execute("SHOW synchronous_commit")).fetchone()
        assert shown
        seen.append(shown[0])

    await world.connection.execute("SET synchronous_commit = on")
    for _ in range(2):
        await world.chain.commit([Play(1, 1)])
        await derived.incremental(Session(world.connection, checked_by(fence)))
    assert seen == ["on" if flushed else "off"] * 2
    await fence(world.connection)
    assert seen[-1] == "on", "what follows waits again"


async def test_a_first_run_takes_everything_at_once(world: World) -> None:
    derived = world.derivation(rows_max=2)
    await world.chain.commit([Play(track, 1) for track in range(1, 10)])
    report = await derived.incremental(Session(world.connection))
    assert (report.inserted, report.more) == (9, False)
    assert (await derived.incremental(Session(world.connection))).is_quiet


async def test_a_backlog_is_worked_off_in_batches(world: World) -> None:
    derived = world.derivation(rows_max=2)
    await settle(derived, world.connection)
    await world.chain.commit([Play(track, 1) for track in range(1, 6)])
    reports = await settle(derived, world.connection)
    assert [(report.keys, report.more) for report in reports] == [(2, True), (2, True), (1, False), (0, False)]


async def test_an_adopted_checkpoint_stands_and_its_siblings_start_at_the_frontier(world: World) -> None:
    derived = world.derivation(feeds=("listeners", "listeners_too"))
    await world.chain.commit([Play(1, 1), Play(2, 1)])
    await world.connection.execute("INSERT INTO indexing_checkpoints VALUES ('listeners', 1)")
    await settle(derived, world.connection)
    assert [row[0] for row in await world.rows()] == [2]
    found = await world.connection.execute("SELECT tablename, last_checkpoint FROM indexing_checkpoints ORDER BY 1")
    assert await found.fetchall() == [("listeners", 2), ("listeners_too", 2)]


async def test_other_parameters_or_another_version_recompute_everything(world: World) -> None:
    await world.chain.commit([Play(1, 1), Play(2, 1)])
    await settle(world.derivation(), world.connection)
    world.parameters.note = "second"
    assert (await world.derivation().audit(world.connection)).stale
    assert (await world.derivation().incremental(Session(world.connection))).updated == 2
    assert (await world.derivation().incremental(Session(world.connection))).is_quiet
    await world.connection.execute("TRUNCATE listeners")
    assert (await world.derivation(version=2).incremental(Session(world.connection))).inserted == 2


async def test_switched_off_it_does_nothing(world: World) -> None:
    world.parameters.note = None
    await world.chain.commit([Play(1, 1)])
    derived = world.derivation()
    assert (await derived.incremental(Session(world.connection))).is_quiet
    assert (await derived.rebuild(Session(world.connection))).is_quiet
    assert (await derived.audit(world.connection)).compared == 0
    found = await world.connection.execute("SELECT count(*) FROM indexing_checkpoints")
    assert await found.fetchone() == (0,)


async def test_a_key_that_the_query_answers_twice_is_told_once_too_often(world: World) -> None:
    await world.chain.commit([Play(1, 1)])
    await settle(world.derivation(), world.connection)
    twice = Derivation(
        "listeners",
        dirty=[],
        query=LISTENERS.replace("GROUP BY 1, 2", "GROUP BY GROUPING SETS ((1, 2), (1, 2))"),
        target=msgspec.structs.replace(world.derivation().target, keeps_vanished=True),
        parameters=world.parameters.question,
    )
    audit = await twice.audit(world.connection)
    assert (audit.compared, audit.missing, audit.extra) == (2, 1, 0)


async def test_a_sweep_over_an_empty_table_reads_nothing(connection: AsyncConnection[Any]) -> None:
    report = await DOMINANT_GENRE.incremental(Session(connection))
    assert (report.keys, report.rows_read, report.conflict) == (0, 0, False)
    assert DOMINANT_GENRE.sweep is not None
