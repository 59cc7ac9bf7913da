"""Migrations: in order, once, all or nothing, and held to what was applied."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL

from backbeat.clock import SystemClock
from backbeat.db.migrate import MigrationReport, migrate, verify
from backbeat.db.migration_files import Folders, Phase, read
from backbeat.errors import DatabaseError

CLOCK = SystemClock()
SONGS = "CREATE TABLE songs (id int);\nINSERT INTO songs VALUES (1), (2);\n"
NO_TRANSACTION = "-- backbeat: no-transaction\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.joinpath("0001_songs.sql").write_text(SONGS)
    tmp_path.joinpath("0002_titles.sql").write_text("ALTER TABLE songs ADD title text DEFAULT 'a;b';")
    return tmp_path


def pending(report: MigrationReport) -> list[str]:
    return [migration.label for migration in report.pending]


def applied(report: MigrationReport) -> list[str]:
    return [done.migration.label for done in report.applied]


async def run(url: str, folder: Path, *, phase: Phase = "all", dry_run: bool = False) -> MigrationReport:
    return await migrate(url, clock=CLOCK, folders=Folders(folder, folder / "schema"), phase=phase, dry_run=dry_run)


async def code_of_failure(url: str, folder: Path, phase: Phase = "all") -> str:
    with pytest.raises(DatabaseError) as failed:
        await run(url, folder, phase=phase)
    return failed.value.code


def rows(url: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(SQL(question)).fetchall()


async def test_pending_migrations_are_applied_in_order_and_recorded(empty_database_url: str, folder: Path) -> None:
    report = await run(empty_database_url, folder)
    assert applied(report) == pending(report) == ["0001_songs", "0002_titles"]
    assert rows(empty_database_url, "SELECT id, title FROM songs ORDER BY id") == [(1, "a;b"), (2, "a;b")]
    ledger = rows(empty_database_url, "SELECT number, name, checksum FROM backbeat.migrations ORDER BY number")
    assert ledger == [(m.number, m.name, m.checksum) for m in read(folder).values()]


async def test_a_second_run_has_nothing_to_do(empty_database_url: str, folder: Path) -> None:
    await run(empty_database_url, folder)
    assert pending(await run(empty_database_url, folder)) == []


async def test_a_dry_run_says_what_is_pending_and_changes_nothing(empty_database_url: str, folder: Path) -> None:
    report = await run(empty_database_url, folder, dry_run=True)
    assert pending(report) == ["0001_songs", "0002_titles"]
    assert applied(report) == []
    assert rows(empty_database_url, "SELECT to_regclass('songs'), to_regnamespace('backbeat')") == [(None, None)]


async def test_an_address_may_name_a_pool_size(empty_database_url: str, folder: Path) -> None:
    assert len((await run(f"{empty_database_url}&pool_max_conns=50", folder)).applied) == 2


async def test_a_changed_file_is_refused_before_anything_is_applied(empty_database_url: str, folder: Path) -> None:
    await run(empty_database_url, folder)
    folder.joinpath("0001_songs.sql").write_text(f"{SONGS}-- one more word\n")
    folder.joinpath("0003_more.sql").write_text("CREATE TABLE more ()")
    assert await code_of_failure(empty_database_url, folder) == "migration_changed"
    assert rows(empty_database_url, "SELECT to_regclass('more')") == [(None,)]


async def test_a_database_of_a_draft_with_the_same_migrations_is_told_to_be_indexed_again(
    empty_database_url: str, folder: Path
) -> None:
    await run(empty_database_url, folder)
    folder.joinpath("0001_songs.sql").write_text(f"{SONGS}-- one more word\n")
    with pytest.raises(DatabaseError, match="is not what was applied") as refused:
        await run(empty_database_url, folder)
    assert "a draft of Backbeat before 0.1.0 made the database. Index from the chain again" in refused.value.cure


async def test_line_ends_do_not_count_as_a_change(empty_database_url: str, folder: Path) -> None:
    await run(empty_database_url, folder)
    folder.joinpath("0001_songs.sql").write_bytes(SONGS.replace("\n", "\r\n").encode())
    assert pending(await run(empty_database_url, folder)) == []


async def test_a_database_of_a_newer_program_is_refused(empty_database_url: str, folder: Path) -> None:
    await run(empty_database_url, folder)
    folder.joinpath("0002_titles.sql").unlink()
    assert await code_of_failure(empty_database_url, folder) == "database_newer_than_program"


async def test_a_database_of_an_older_draft_is_refused_by_every_command(empty_database_url: str, folder: Path) -> None:
    folder.joinpath("0001_base_tables.sql").write_text(SONGS)
    folder.joinpath("0001_songs.sql").unlink()
    await run(empty_database_url, folder)
    with pytest.raises(DatabaseError) as migrating:
        await migrate(empty_database_url, clock=CLOCK)
    async with await psycopg.AsyncConnection.connect(empty_database_url, autocommit=True) as connection:
        with pytest.raises(DatabaseError) as starting:
            await verify(connection)
    for refused in (migrating.value, starting.value):
        assert refused.code == "database_of_an_older_draft"
        assert "0001_base_tables" in refused.message
        assert "--data-dir" in refused.cure
    assert rows(empty_database_url, "SELECT count(*) FROM songs") == [(2,)]


async def test_a_hole_in_the_ledger_is_refused(empty_database_url: str, folder: Path) -> None:
    await run(empty_database_url, folder)
    rows(empty_database_url, "DELETE FROM backbeat.migrations WHERE number = 1 RETURNING 1")
    assert await code_of_failure(empty_database_url, folder) == "migration_out_of_order"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("0004_gap.sql", "migration_misnumbered"),
        ("0002_twin.sql", "migration_misnumbered"),
        ("3_short.sql", "migration_name_invalid"),
        ("0003_Name.sql", "migration_name_invalid"),
    ],
)
def test_names_and_numbers_follow_the_rule(folder: Path, name: str, code: str) -> None:
    folder.joinpath(name).write_text("SELECT 1")
    with pytest.raises(DatabaseError) as refused:
        read(folder)
    assert refused.value.code == code


async def test_a_failing_migration_leaves_nothing_and_those_before_it_stay(
    empty_database_url: str, folder: Path
) -> None:
    broken = folder / "0003_broken.sql"
    broken.write_text("CREATE TABLE half (); SELECT 1 / 0;")
    with pytest.raises(DatabaseError, match=r"0003_broken failed: division by zero") as failed:
        await run(empty_database_url, folder)
    assert failed.value.code == "migration_failed"
    assert rows(empty_database_url, "SELECT to_regclass('half'), to_regclass('songs')") == [(None, "songs")]
    broken.write_text("CREATE TABLE whole ()")
    assert applied(await run(empty_database_url, folder)) == ["0003_broken"]


async def test_many_at_once_apply_each_migration_once(empty_database_url: str, folder: Path) -> None:
    folder.joinpath("0003_slow.sql").write_text("SELECT pg_sleep(0.1); CREATE TABLE slow ();")
    folder.joinpath("0004_alone.sql").write_text(f"{NO_TRANSACTION}SELECT pg_sleep(0.1); CREATE TABLE alone ();")
    reports = await asyncio.gather(*(run(empty_database_url, folder) for _ in range(4)))
    assert sorted(label for report in reports for label in applied(report)) == [
        "0001_songs",
        "0002_titles",
        "0003_slow",
        "0004_alone",
    ]


async def test_statements_that_refuse_a_transaction_run_alone(empty_database_url: str, folder: Path) -> None:
    folder.joinpath("0003_index.sql").write_text(
        f"{NO_TRANSACTION}"
        "DROP INDEX CONCURRENTLY IF EXISTS songs_title; -- what a failed build left; see below\n"
        "CREATE INDEX CONCURRENTLY songs_title ON songs (title);\n"
    )
    assert applied(await run(empty_database_url, folder))[-1] == "0003_index"
    assert rows(empty_database_url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'songs_title'::regclass") == [
        (True,)
    ]


async def test_what_runs_alone_is_repeated_from_the_start_after_a_failure(
    empty_database_url: str, folder: Path
) -> None:
    folder.joinpath("0003_unique.sql").write_text(
        f"{NO_TRANSACTION}"
        "DROP INDEX CONCURRENTLY IF EXISTS songs_title;\n"
        "CREATE UNIQUE INDEX CONCURRENTLY songs_title ON songs (title);\n"
    )
    assert await code_of_failure(empty_database_url, folder) == "migration_failed"
    assert rows(empty_database_url, "SELECT max(number) FROM backbeat.migrations") == [(2,)]
    rows(empty_database_url, "UPDATE songs SET title = id::text RETURNING 1")
    assert applied(await run(empty_database_url, folder)) == ["0003_unique"]


async def test_phases_frame_the_change_of_the_program(empty_database_url: str, folder: Path) -> None:
    folder.joinpath("0003_drop.post.sql").write_text("ALTER TABLE songs DROP COLUMN title")
    assert await code_of_failure(empty_database_url, folder, "post") == "migration_before_its_turn"
    assert applied(await run(empty_database_url, folder, phase="pre")) == ["0001_songs", "0002_titles"]
    async with await psycopg.AsyncConnection.connect(empty_database_url, autocommit=True) as connection:
        await verify(connection, folders=Folders(folder, folder / "schema"))
    assert applied(await run(empty_database_url, folder, phase="post")) == ["0003_drop"]


async def test_commands_refuse_a_database_that_lacks_migrations(empty_database_url: str, folder: Path) -> None:
    await run(empty_database_url, folder)
    folder.joinpath("0003_more.sql").write_text("CREATE TABLE more ()")
    async with await psycopg.AsyncConnection.connect(empty_database_url, autocommit=True) as connection:
        with pytest.raises(DatabaseError) as refused:
            await verify(connection, folders=Folders(folder, folder / "schema"))
    assert refused.value.code == "migrations_pending"
    assert "0003_more" in refused.value.message
    assert "backbeat migrate" in refused.value.cure


async def test_a_table_of_another_program_is_not_run_into(empty_database_url: str, folder: Path) -> None:
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE songs (id integer)")
    assert await code_of_failure(empty_database_url, folder) == "database_foreign"
    assert rows(empty_database_url, "SELECT to_regnamespace('backbeat')") == [(None,)]


async def test_the_programs_own_migrations_are_complete(connection: psycopg.AsyncConnection) -> None:
    await verify(connection)
    (count,) = await (await connection.execute("SELECT count(*) FROM backbeat.migrations")).fetchone() or (0,)
    assert count == len(read()) > 0
