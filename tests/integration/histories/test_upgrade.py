"""A database made before there were histories: they begin where it stands, and what is older says so."""

import shutil
from pathlib import Path

import psycopg
import pytest
from conftest import new_database
from integration.histories.test_batches import changes, indexed
from worst.acts import first_block

from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.db.migration_files import FOLDERS, Folders, read
from backbeat.db.pool import Lanes
from builders.chain import ListSource, play, plays
from builders.indexing import index, rows
from harness import past

OURS = "0012_histories"
STOOD = """
    INSERT INTO blocks (blockhash, number) SELECT n::text, n FROM generate_series(1, 60) AS n;
    INSERT INTO users (user_id, is_current, is_verified, blocknumber) VALUES (1, true, false, 10), (2, true, true, 40);
    INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
    VALUES ('test', 500, 'h', '2026-01-01', 50, 70);
    UPDATE challenges SET amount = '3' WHERE id = 'p'
"""

OLDER_BLOCKS = 40
WITHOUT_HISTORIES = """
    DO $$
    DECLARE ours text;
    BEGIN
        FOR ours IN
            SELECT oid::regclass FROM pg_class
            WHERE
                relnamespace = 'backbeat'::regnamespace AND relkind = 'r'
                AND (relname LIKE 'past_%' OR relname = 'histories')
        LOOP
            EXECUTE format('DROP TABLE %s CASCADE', ours);
        END LOOP;
        DROP FUNCTION backbeat.keep_past, backbeat.keep_past_challenges CASCADE;
        DELETE FROM backbeat.migrations WHERE number >= 12;
    END $$
"""


@pytest.fixture
async def before(empty_database_url: str, tmp_path: Path) -> str:
    """The address of a database that stands at block 50, made by the program before this."""
    for migration in read().values():
        if migration.label < OURS:
            shutil.copy(str(FOLDERS.migrations / f"{migration.label}.sql"), tmp_path)
            for kind, name in migration.needs:
                (tmp_path / "schema" / kind).mkdir(parents=True, exist_ok=True)
                shutil.copy(str(FOLDERS.objects / kind / f"{name}.sql"), tmp_path / "schema" / kind)
    await migrate(empty_database_url, clock=SystemClock(), folders=Folders(tmp_path, tmp_path / "schema"))
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(STOOD)
    return empty_database_url


async def test_histories_begin_where_the_database_stands(before: str) -> None:
    await migrate(before, clock=SystemClock())
    with psycopg.connect(before, autocommit=True) as connection:
        assert connection.execute("SELECT backbeat.history_floor()").fetchall() == [(50,)]
        assert connection.execute("SELECT DISTINCT from_block, from_play FROM backbeat.histories").fetchall() == [
            (50, 70)
        ]
        connection.execute("UPDATE users SET is_verified = true WHERE user_id = 1")
        connection.execute("UPDATE users SET is_verified = false, blocknumber = 60 WHERE user_id = 2")
        found = connection.execute(
            "SELECT user_id, since_block, until_block, is_verified FROM backbeat.user_versions ORDER BY 1, 2"
        ).fetchall()
        assert found == [(1, 10, 51, False), (1, 51, None, True), (2, 40, 60, True), (2, 60, None, False)]
        asked = "SELECT n, is_verified FROM generate_series(30, 60, 10) AS n, backbeat.user_as_of(2, n)"
        assert connection.execute(asked).fetchall() == [(40, True), (50, True), (60, False)]
        assert connection.execute("SELECT amount FROM backbeat.rule_as_of('p', 50)").fetchall() == [("3",)]
        assert connection.execute("SELECT * FROM backbeat.frontier_of_play(60)").fetchall() == []


async def test_where_an_older_loop_went_on_histories_begin_behind_it(
    lanes: Lanes, connection: psycopg.AsyncConnection
) -> None:
    blocks = [list(first_block()), [plays(play("1", "2"))]]
    for _ in range(2):
        await index(lanes, ListSource(blocks))
        assert await rows(connection, "SELECT DISTINCT from_block, from_play FROM backbeat.histories") == [(0, 0)]
    await connection.execute("UPDATE backbeat.cursor SET block_number = 5, play_id = 3")
    await index(lanes, ListSource(blocks))
    assert await rows(connection, "SELECT DISTINCT from_block, from_play FROM backbeat.histories") == [(5, 3)]


async def test_a_database_that_an_older_version_filled_goes_on_with_histories(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    chain = changes(7)
    with new_database(postgres, admin, template) as url:
        async with indexed(url, chain[:OLDER_BLOCKS], 1, down=True) as connection:
            await connection.execute(WITHOUT_HISTORIES)
        await migrate(url, clock=SystemClock())
        async with indexed(url, chain, 1) as connection:
            [(floor,)] = await rows(connection, "SELECT backbeat.history_floor()")
            said = await past.written_down(connection)
            newest = max(block for block, _ in said)
            assert await rows(connection, "SELECT DISTINCT from_block FROM backbeat.histories") == [(floor,)]
            assert 1 < floor < newest
            known = await past.as_of(connection, newest)
    assert {at: told for at, told in known.items() if at[0] >= floor} == {
        at: told for at, told in said.items() if at[0] >= floor
    }
    assert all(set(told) <= set(said[at]) for at, told in known.items() if at[0] < floor)
