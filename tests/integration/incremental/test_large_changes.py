"""Changes so large that one pass over everything is cheaper, and positions that mean nothing any more."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from clusters import chosen, cluster_folder, server
from psycopg import AsyncConnection

from backbeat.db.installation import choose
from backbeat.incremental.change_log import drop_consumer
from backbeat.incremental.transaction import Session
from harness import settle
from harness.every_feed_world import Fan, Fans, Later, Nobody, Shelf, Song, Songs, shelf

DERIVED = shelf(rows_max=100_000, rebuild_share=0.2)
MANY = 6_000


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> Shelf:
    """Many songs of as many artists, shelved."""
    world = await Shelf.empty(connection)
    await connection.execute(
        "INSERT INTO songs SELECT n, n, CASE WHEN n = 1 THEN now() END, 1 FROM generate_series(1, %s) AS n", [MANY]
    )
    await world.apply(Songs([Song(MANY + 1, MANY + 1, 30)]))
    await settle(DERIVED, connection)
    await connection.execute("ANALYZE shelf")
    return world


async def follow(world: Shelf, fans: int) -> None:
    await world.connection.execute("INSERT INTO fans SELECT n, 1 FROM generate_series(1, %s) AS n", [fans])


async def spoil(world: Shelf) -> None:
    """Damage a row that nobody will name."""
    await world.connection.execute("UPDATE shelf SET fans = 99 WHERE song_id = %s", [MANY])


@pytest.mark.parametrize(("fans", "spoiled"), [(1_100, 99), (1_300, 0)])
async def test_more_keys_than_a_share_of_the_target_become_a_rebuild(world: Shelf, fans: int, spoiled: int) -> None:
    await follow(world, fans)
    await spoil(world)
    report = await DERIVED.incremental(Session(world.connection))
    assert (report.more, report.updated) == (False, fans + (not spoiled))
    assert (await world.rows(DERIVED))[MANY - 1][1] == spoiled
    assert (await DERIVED.incremental(Session(world.connection))).is_quiet


async def test_nothing_is_too_many_for_a_target_that_was_never_analysed(connection: AsyncConnection[Any]) -> None:
    world = await Shelf.empty(connection)
    await connection.execute("ALTER TABLE shelf SET (autovacuum_enabled = off)")
    await connection.execute("INSERT INTO songs SELECT n, n, NULL, 1 FROM generate_series(1, %s) AS n", [MANY])
    await settle(DERIVED, connection)
    await follow(world, 1_300)
    await spoil(world)
    assert (await DERIVED.incremental(Session(connection))).keys == 1_300
    assert (await world.rows(DERIVED))[MANY - 1][1] == 99


async def test_a_derivation_that_follows_takes_any_number_of_keys_one_by_one(world: Shelf) -> None:
    await follow(world, 1_300)
    await spoil(world)
    report = await DERIVED.follow(Session(world.connection))
    assert (report.more, report.updated) == (False, 1_300)
    assert (await world.rows(DERIVED))[MANY - 1][1] == 99


async def test_few_keys_are_never_too_many(world: Shelf) -> None:
    await world.connection.execute("DELETE FROM songs WHERE song_id > 1000")
    await world.connection.execute("DELETE FROM shelf WHERE song_id > 1000")
    await world.connection.execute("INSERT INTO shelf VALUES (7000, 99, true)")
    await world.connection.execute("ANALYZE shelf")
    await follow(world, 999)
    assert (await DERIVED.incremental(Session(world.connection))).keys == 999
    assert (await world.rows(DERIVED))[-1] == (7000, 99, True)


async def test_an_emptied_table_is_a_change_of_every_key(world: Shelf) -> None:
    await follow(world, 10)
    await settle(DERIVED, world.connection)
    await spoil(world)
    await world.apply(Nobody())
    assert (await DERIVED.audit(world.connection)).stale
    assert (await DERIVED.incremental(Session(world.connection))).updated == 11
    assert (await DERIVED.audit(world.connection)).is_clean


async def test_the_difference_tells_what_a_rebuild_would_change(world: Shelf) -> None:
    await follow(world, 10)
    await spoil(world)
    await world.apply(Later(30))
    difference = await DERIVED.difference(world.connection)
    assert (difference.missing, difference.extra, difference.pending) == (12, 12, 0)
    audit = await DERIVED.audit(world.connection)
    assert (audit.missing, audit.extra, audit.pending) == (1, 1, 10)
    assert (await DERIVED.rebuild(Session(world.connection))).updated == 12
    assert (await DERIVED.difference(world.connection)).is_clean


async def test_a_dropped_consumer_that_comes_back_begins_with_a_rebuild(world: Shelf) -> None:
    await drop_consumer(world.connection, "shelf_fans")
    await follow(world, 3)
    await world.connection.execute("TRUNCATE backbeat.changes")
    assert (await DERIVED.audit(world.connection)).stale
    assert (await DERIVED.incremental(Session(world.connection))).updated == 3
    assert (await DERIVED.audit(world.connection)).is_clean


def copied(source: str, target: str, data_dir: Path) -> None:
    """Restore a dump of one database into another."""
    programs = choose(chosen(), data_dir).bin
    dump = subprocess.run([programs / "pg_dump", "--format=custom", source], check=True, capture_output=True)
    subprocess.run([programs / "pg_restore", "--no-owner", "--dbname", target], check=True, input=dump.stdout)


async def test_a_dump_restored_in_its_own_cluster_goes_on_where_it_was(
    world: Shelf, database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    await world.apply(Fans([Fan(1, 1), Fan(2, 1)]))
    copied(database_url, empty_database_url, tmp_path)
    async with await AsyncConnection.connect(empty_database_url, autocommit=True) as connection:
        restored = Shelf(connection)
        await restored.apply(Fans([Fan(3, 1)]))
        assert (await DERIVED.incremental(Session(connection))).keys == 3
        assert (await DERIVED.audit(connection)).is_clean


async def test_a_dump_restored_in_another_cluster_begins_with_a_rebuild(
    world: Shelf, database_url: str, tmp_path: Path
) -> None:
    await world.apply(Fans([Fan(1, 1)]))
    await spoil(world)
    with cluster_folder() as folder:
        async with server(folder) as other:
            copied(database_url, other.url, tmp_path)
            async with await AsyncConnection.connect(other.url, autocommit=True) as connection:
                assert (await DERIVED.audit(connection)).stale
                assert (await DERIVED.incremental(Session(connection))).updated == 2
                assert (await DERIVED.audit(connection)).is_clean
                await Shelf(connection).apply(Fans([Fan(3, 1)]))
                assert (await DERIVED.incremental(Session(connection))).keys == 1
