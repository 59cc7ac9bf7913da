"""The same rows have the same digest on every server, in every session, however they came there."""

import asyncio
import subprocess
from pathlib import Path

import psycopg
import pytest
from clusters import chosen
from conftest import new_database
from psycopg import AsyncConnection

from backbeat.db import address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.installation import choose
from backbeat.digest.answers import Asked
from backbeat.digest.state import seen
from builders.filled import add, fill

TABLES = ("collectibles", "etl_validator_registrations", "follows", "plays", "tracks", "track_trending_scores")
EXPECTED = "7b293c5c2c421a4792d695feda628800"
"""Of three made-up rows of each of those and of the rows below, as PostgreSQL 15, 16 and 18 tell it."""
ODD_COLLECTIBLES = r"""
INSERT INTO collectibles (user_id, data, blockhash, blocknumber, created_at, updated_at) VALUES
    (901, '{"b": 1.0, "a": [1e2, null, "\u00e9"], "aa": {}}', '', 0, '2026-03-29 01:30:00.000001+01', NULL),
    (902, '{"z": 1, "z": 2, "": 0.10}', E'\\"'',()', 0, 'infinity', '0044-03-15 BC')
"""
ODD_TRACKS = r"""
INSERT INTO tracks (
    track_id, is_current, is_delete, owner_id, created_at, updated_at, title, tags, description, bpm,
    playlists_containing_track, allowed_api_keys
)
SELECT
    odd.track_id, true, false, 1, timestamp '2026-01-01', timestamp '2026-01-01', odd.title, odd.tags, odd.description,
    odd.bpm, odd.playlists, odd.keys
FROM (VALUES
    (903, '', NULL, 'NULL', 'NaN'::float8, '{}'::integer[], '{NULL,"NULL",""}'::text[]),
    (904, NULL, '', E'a\nb', '-0', '[0:1]={1,2}', '{{a,b},{c,d}}'),
    (905, U&'\00e9 e\0301 \+01f3b5', '', '', 0.1, '{}', NULL),
    (906, 'x', '', '', 1e300, '{}', NULL),
    (907, 'x', '', '', 3.0000000000000004, '{}', NULL)
) AS odd (track_id, title, tags, description, bpm, playlists, keys)
"""
ODD = (ODD_COLLECTIBLES, ODD_TRACKS)
CHOSEN = {
    "TimeZone": "Asia/Kathmandu",
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "enable_seqscan": "off",
    "default_transaction_isolation": "serializable",
}


@pytest.fixture(scope="module")
def filled(module_database_url: str) -> str:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        fill(connection, 3)
        for statement in ODD:
            connection.execute(statement)
    return module_database_url


async def digest(connection: AsyncConnection, tables: tuple[str, ...] = TABLES, *, exact: bool = True) -> str:
    async with seen(connection, Asked(exact=exact), seconds=60) as state:
        return (await state.digest(tables)).digest


async def told(url: str, tables: tuple[str, ...] = TABLES, *, exact: bool = True) -> str:
    async with await address.connect(address.parse(url), "test") as connection:
        return await digest(connection, tables, exact=exact)


async def test_every_server_says_the_same(filled: str) -> None:
    assert await told(filled) == EXPECTED


async def test_no_session_says_otherwise(filled: str) -> None:
    async with await AsyncConnection.connect(filled, autocommit=True) as connection:
        for name, value in CHOSEN.items():
            await connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        assert await digest(connection) == EXPECTED


async def test_the_order_in_which_rows_came_does_not_show(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    with new_database(postgres, admin, template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in ODD:
                connection.execute(statement)
            for table in reversed(TABLES):
                for n in (2, 3, 1):
                    add(connection, table, n)
        assert await told(url) == EXPECTED


def copied(source: str, target: str, data_dir: Path) -> None:
    """Restore a dump, but for constraints, which made-up rows would break."""
    programs = choose(chosen(), data_dir).bin
    dump = subprocess.run([programs / "pg_dump", "--format=custom", source], check=True, capture_output=True)
    sections = ("--section=pre-data", "--section=data")
    subprocess.run(
        [programs / "pg_restore", "--no-owner", *sections, "--dbname", target], check=True, input=dump.stdout
    )


async def test_a_restored_dump_is_equal_in_every_column(
    filled: str, postgres: EmbeddedPostgres, admin: psycopg.Connection, tmp_path: Path
) -> None:
    with new_database(postgres, admin, "template0") as url:
        await asyncio.to_thread(copied, filled, url, tmp_path)
        assert await told(url, (), exact=True) == await told(filled, (), exact=True)
