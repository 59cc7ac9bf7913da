"""Functions, views, triggers and captures: the text that is in place is that of the file, and nothing older stays."""

import asyncio
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL

from backbeat.clock import SystemClock
from backbeat.db.migrate import MigrationReport, migrate, verify
from backbeat.db.migration_files import Folders, Phase
from backbeat.db.objects import ObjectKey, put_in_place
from backbeat.errors import DatabaseError

DOUBLED = "CREATE OR REPLACE FUNCTION backbeat.doubled(a int) RETURNS int LANGUAGE sql AS $$ SELECT {} $$;"
LOUD = "CREATE OR REPLACE VIEW backbeat.loud AS SELECT id, backbeat.doubled(id) AS twice FROM songs;"
NOTED = """
CREATE OR REPLACE FUNCTION backbeat.note_songs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER note_inserted AFTER INSERT ON songs FOR EACH STATEMENT EXECUTE FUNCTION backbeat.note_songs();
"""
NOTED_ALSO = """
CREATE OR REPLACE TRIGGER note_deleted AFTER DELETE ON songs FOR EACH STATEMENT EXECUTE FUNCTION backbeat.note_songs();
"""


class Schema:
    """Files of a small schema, and a database that follows them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.folders = Folders(folder / "migrations", folder / "schema")
        self.file("migrations/0001_songs", "CREATE TABLE songs (id int); INSERT INTO songs VALUES (1), (2);")

    def file(self, path: str, text: str) -> None:
        file = self.folder / f"{path}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def remove(self, path: str) -> None:
        (self.folder / f"{path}.sql").unlink()

    async def migrate(self, phase: Phase = "all", *, dry_run: bool = False) -> MigrationReport:
        return await migrate(self.url, clock=SystemClock(), folders=self.folders, phase=phase, dry_run=dry_run)

    async def changed(self, phase: Phase = "all", *, dry_run: bool = False) -> list[str]:
        return [str(each.key) for each in (await self.migrate(phase, dry_run=dry_run)).objects.changed]

    async def failure(self) -> str:
        with pytest.raises(DatabaseError) as failed:
            await self.migrate()
        return failed.value.code

    def ask(self, question: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            answer = connection.execute(SQL(question))
            return answer.fetchall() if answer.description else []

    def triggers(self) -> list[str]:
        asked = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'songs'::regclass ORDER BY 1"
        return [str(name) for (name,) in self.ask(asked)]


@pytest.fixture
def schema(empty_database_url: str, tmp_path: Path) -> Schema:
    made = Schema(tmp_path, empty_database_url)
    made.file("schema/functions/doubled", DOUBLED.format("2 * a"))
    made.file("schema/views/loud", LOUD)
    made.file("schema/triggers/note_songs", NOTED)
    return made


async def test_objects_are_made_after_the_tables_by_kind(schema: Schema) -> None:
    assert await schema.changed() == ["functions/doubled", "triggers/note_songs", "views/loud"]
    assert schema.ask("SELECT * FROM backbeat.loud ORDER BY id") == [(1, 2), (2, 4)]
    assert schema.triggers() == ["note_inserted"]


async def test_a_second_run_changes_nothing(schema: Schema) -> None:
    await schema.migrate()
    before = schema.ask("SELECT kind, name, checksum, placed_at FROM backbeat.objects ORDER BY 1, 2")
    assert await schema.changed() == []
    assert schema.ask("SELECT kind, name, checksum, placed_at FROM backbeat.objects ORDER BY 1, 2") == before


async def test_a_reworded_remark_changes_nothing(schema: Schema) -> None:
    schema.file("schema/functions/doubled", f"-- Twice as much.\n{DOUBLED.format('2 * a')}")
    await schema.migrate()
    schema.file("schema/functions/doubled", f"-- Two times.\n--\n-- And more.\n{DOUBLED.format('2 * a')}")
    assert await schema.changed() == []


async def test_a_changed_function_is_replaced_where_it_stands(schema: Schema) -> None:
    await schema.migrate()
    [(before,)] = schema.ask("SELECT 'backbeat.doubled'::regproc::oid")
    schema.file("schema/functions/doubled", DOUBLED.format("a + a + 0"))
    assert await schema.changed() == ["functions/doubled"]
    assert schema.ask("SELECT 'backbeat.doubled'::regproc::oid") == [(before,)]
    assert schema.ask("SELECT prosrc FROM pg_proc WHERE proname = 'doubled'") == [(" SELECT a + a + 0 ",)]


async def test_a_function_with_other_arguments_leaves_no_older_one(schema: Schema) -> None:
    schema.remove("schema/views/loud")
    await schema.migrate()
    schema.file("schema/functions/doubled", DOUBLED.format("2 * a").replace("(a int)", "(a int, b int DEFAULT 0)"))
    await schema.migrate()
    assert schema.ask("SELECT pg_get_function_arguments('backbeat.doubled'::regproc)") == [
        ("a integer, b integer DEFAULT 0",)
    ]


async def test_a_view_may_change_its_columns_under_another_view(schema: Schema) -> None:
    schema.file(
        "schema/views/a_louder",
        "-- after: loud\nCREATE OR REPLACE VIEW backbeat.a_louder AS SELECT id FROM backbeat.loud;",
    )
    await schema.migrate()
    schema.file(
        "schema/views/loud", "CREATE OR REPLACE VIEW backbeat.loud AS SELECT 'x'::text AS title, id FROM songs;"
    )
    await schema.migrate()
    assert schema.ask("SELECT title, id FROM backbeat.loud WHERE id = 1") == [("x", 1)]
    assert schema.ask("SELECT id FROM backbeat.a_louder ORDER BY 1") == [(1,), (2,)]


async def test_a_view_that_keeps_its_columns_keeps_its_rights_and_readers(schema: Schema) -> None:
    await schema.migrate()
    schema.ask("CREATE VIEW others AS SELECT id FROM backbeat.loud")
    schema.ask("GRANT SELECT ON backbeat.loud TO PUBLIC")
    schema.file("schema/views/loud", LOUD.replace("backbeat.doubled(id)", "backbeat.doubled(id) + 0"))
    assert await schema.changed() == ["views/loud"]
    assert schema.ask("SELECT relacl::text LIKE '%=r/%' FROM pg_class WHERE relname = 'loud'") == [(True,)]
    assert schema.ask("SELECT id FROM others ORDER BY 1") == [(1,), (2,)]


async def test_a_view_that_others_read_does_not_lose_its_columns(schema: Schema) -> None:
    await schema.migrate()
    schema.ask("CREATE VIEW others AS SELECT twice FROM backbeat.loud")
    schema.file("schema/views/loud", LOUD.replace(", backbeat.doubled(id) AS twice", ""))
    assert await schema.failure() == "schema_object_failed"
    assert schema.ask("SELECT twice FROM others ORDER BY 1") == [(2,), (4,)]


async def test_a_replaced_trigger_function_is_called_by_nobody_and_never_compiled(schema: Schema) -> None:
    await schema.migrate()
    schema.file("schema/triggers/note_songs", NOTED.replace("BEGIN", "BEGIN PERFORM 1;"))
    await schema.migrate()
    is_public = "proacl::text ~ '(^|[{,])='"
    asked = f"SELECT prosrc LIKE '%PERFORM%', proconfig, {is_public} FROM pg_proc WHERE proname = 'note_songs'"  # noqa: S608 - no input
    assert schema.ask(asked) == [(True, ["jit=off"], False)]


async def test_a_materialized_view_that_is_there_stays(schema: Schema) -> None:
    text = "CREATE MATERIALIZED VIEW IF NOT EXISTS backbeat.heavy AS SELECT count(*) AS n FROM songs;"
    schema.file("schema/views/heavy", text)
    await schema.migrate()
    [(before,)] = schema.ask("SELECT 'backbeat.heavy'::regclass::oid")
    schema.file("schema/views/heavy", text + " -- said otherwise")
    await schema.migrate()
    assert schema.ask("SELECT 'backbeat.heavy'::regclass::oid") == [(before,)]


async def test_a_trigger_that_the_file_makes_no_more_is_dropped(schema: Schema) -> None:
    schema.file("schema/triggers/note_songs", NOTED + NOTED_ALSO)
    await schema.migrate()
    assert schema.triggers() == ["note_deleted", "note_inserted"]
    schema.file("schema/triggers/note_songs", NOTED)
    await schema.migrate()
    assert schema.triggers() == ["note_inserted"]


async def test_what_has_no_file_stays_until_the_version_before_is_gone(schema: Schema) -> None:
    await schema.migrate()
    for path in ("functions/doubled", "views/loud", "triggers/note_songs"):
        schema.remove(f"schema/{path}")
    assert (await schema.migrate("pre")).objects.gone == ()
    assert schema.triggers() == ["note_inserted"]
    gone = (await schema.migrate("post")).objects.gone
    assert gone == (ObjectKey("views", "loud"), ObjectKey("triggers", "note_songs"), ObjectKey("functions", "doubled"))
    assert schema.triggers() == []
    assert schema.ask("SELECT count(*) FROM pg_proc WHERE pronamespace = 'backbeat'::regnamespace") == [(0,)]
    assert schema.ask("SELECT count(*) FROM backbeat.objects") == [(0,)]


async def test_one_object_that_fails_leaves_all_as_they_were(schema: Schema) -> None:
    await schema.migrate()
    schema.file("schema/functions/doubled", DOUBLED.format("a + a + 0"))
    schema.file("schema/triggers/note_songs", NOTED.replace("ON songs", "ON no_such_table"))
    assert await schema.failure() == "schema_object_failed"
    assert schema.ask("SELECT prosrc FROM pg_proc WHERE proname = 'doubled'") == [(" SELECT 2 * a ",)]
    assert schema.triggers() == ["note_inserted"]


@pytest.mark.parametrize("after", ["doubled", "nothing_of_the_kind"])
async def test_objects_that_wait_for_ever_are_named(schema: Schema, after: str) -> None:
    schema.file("schema/functions/doubled", f"-- after: {after}\n{DOUBLED.format('a')}")
    assert await schema.failure() == "schema_objects_unordered"


async def test_a_dry_run_tells_and_does_nothing(schema: Schema) -> None:
    assert await schema.changed(dry_run=True) == ["functions/doubled", "triggers/note_songs", "views/loud"]
    assert schema.ask("SELECT to_regnamespace('backbeat')") == [(None,)]


async def test_a_migration_names_what_its_tables_cannot_be_made_without(schema: Schema) -> None:
    immutable = DOUBLED.format("2 * a").replace("LANGUAGE sql", "LANGUAGE sql IMMUTABLE")
    schema.file("schema/functions/doubled", immutable)
    needs = "-- backbeat: needs functions/doubled\n"
    added = "ALTER TABLE songs ADD twice int GENERATED ALWAYS AS (backbeat.doubled(id)) STORED;"
    schema.file("migrations/0002_twice", needs + added)
    assert await schema.changed() == ["triggers/note_songs", "views/loud"]
    assert schema.ask("SELECT twice FROM songs ORDER BY 1") == [(2,), (4,)]


async def test_a_program_whose_objects_are_not_in_place_does_not_begin(schema: Schema) -> None:
    await schema.migrate()
    async with await psycopg.AsyncConnection.connect(schema.url) as connection:
        await verify(connection, folders=schema.folders)
        schema.file("schema/functions/doubled", DOUBLED.format("a + a + 0"))
        with pytest.raises(DatabaseError) as failed:
            await verify(connection, folders=schema.folders)
    assert failed.value.code == "schema_objects_differ"


CAPTURE = "SELECT backbeat.capture('{}', 'heard', ARRAY['user_id']);"
CONSUMER = """
    INSERT INTO backbeat.consumers (name, stream, snapshot, epoch)
    VALUES ('listener', 'heard', pg_current_snapshot(), backbeat.epoch())
"""
CAPTURED = """
    SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'log\\_%\\_to\\_heard\\_i' ORDER BY 1
"""


@pytest.mark.parametrize(
    ("by_hand", "noticed"),
    [
        ("DROP FUNCTION backbeat.doubled CASCADE", {"functions/doubled", "views/loud"}),
        (DOUBLED.format("3 * a"), {"functions/doubled"}),
        ("CREATE FUNCTION backbeat.doubled(a text) RETURNS text LANGUAGE sql AS 'SELECT a'", {"functions/doubled"}),
        ("DROP VIEW backbeat.loud", {"views/loud"}),
        ("DROP FUNCTION backbeat.note_songs CASCADE", {"triggers/note_songs"}),
        ("DROP TRIGGER note_inserted ON songs", {"triggers/note_songs"}),
        ("ALTER TABLE songs DISABLE TRIGGER ALL", {"triggers/note_songs"}),
    ],
)
async def test_what_was_done_by_hand_is_noticed_and_undone(schema: Schema, by_hand: str, noticed: set[str]) -> None:
    await schema.migrate()
    schema.ask(by_hand)
    async with await psycopg.AsyncConnection.connect(schema.url, autocommit=True) as connection:
        with pytest.raises(DatabaseError) as refused:
            await verify(connection, folders=schema.folders)
        assert refused.value.code == "schema_objects_differ"
        assert set(await schema.changed()) == noticed
        await verify(connection, folders=schema.folders)
    assert schema.ask("SELECT * FROM backbeat.loud ORDER BY id") == [(1, 2), (2, 4)]
    assert schema.triggers() == ["note_inserted"]


@pytest.mark.parametrize(
    "by_hand",
    [
        "DROP FUNCTION backbeat.log_public_user_tips_to_tips CASCADE",
        "DROP TRIGGER log_public_user_tips_to_tips_d ON user_tips",
        "ALTER TABLE user_tips DISABLE TRIGGER log_public_user_tips_to_tips_u",
    ],
)
async def test_a_capture_that_was_done_away_with_by_hand_is_noticed_and_undone(database_url: str, by_hand: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await verify(connection)
        await connection.execute(SQL(by_hand))
        with pytest.raises(DatabaseError, match="the first being captures/tips"):
            await verify(connection)
        done = await migrate(database_url, clock=SystemClock())
        assert [str(each.key) for each in done.objects.changed] == ["captures/tips"]
        await verify(connection)


async def test_a_stream_that_captures_other_tables_has_its_consumers_recompute(
    connection: psycopg.AsyncConnection, tmp_path: Path
) -> None:
    file = tmp_path / "captures" / "heard.sql"
    file.parent.mkdir()

    async def captured(*tables: str) -> tuple[list[str], int]:
        file.write_text("".join(map(CAPTURE.format, tables)))
        async with connection.transaction():
            await put_in_place(connection, remove=False, directory=tmp_path)
        found = await (await connection.execute(CAPTURED)).fetchall()
        logged = await (await connection.execute("SELECT count(*) FROM backbeat.changes WHERE keys IS NULL")).fetchone()
        assert logged is not None
        return [name for (name,) in found], logged[0]

    assert await captured("saves", "reposts") == (["reposts", "saves"], 0)
    await connection.execute(CONSUMER)
    assert await captured("shares", "saves") == (["saves", "shares"], 1)
    assert await captured("shares", "saves") == (["saves", "shares"], 1)


WRITTEN = """
    SELECT (SELECT count(*) FROM follows), (SELECT sum(follower_count) FROM aggregate_user),
        (SELECT count(*) FROM plays), (SELECT sum(count) FROM aggregate_plays)
"""


def write(url: str, number: int, tables: tuple[str, str]) -> None:
    """Write a row into either table in one transaction, again and again while another session is in the way."""
    statements = {
        "follows": """
            INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
            VALUES (%(number)s, 1, true, false, now())
        """,
        "plays": "INSERT INTO plays (user_id, play_item_id) VALUES (%(number)s, %(number)s %% 7)",
    }
    while True:
        try:
            with psycopg.connect(url) as connection:
                for table in tables:
                    connection.execute(SQL(statements[table]), {"number": number})
                return
        except psycopg.errors.DeadlockDetected:
            continue


@pytest.mark.slow
async def test_objects_are_replaced_under_writers_that_lose_nothing(database_url: str) -> None:
    """A program of the version before goes on writing while a new one puts its objects in place."""
    done = asyncio.Event()

    async def replaced() -> int:
        times = 0
        while not done.is_set() or times < 2:
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
                await connection.execute("UPDATE backbeat.objects SET checksum = ''")
            times += 1
            assert len((await migrate(database_url, clock=SystemClock())).objects.changed) > 70
        return times

    async def written(numbers: range, *tables: str) -> None:
        for number in numbers:
            await asyncio.to_thread(write, database_url, number, (tables[0], tables[1]))

    replacing = asyncio.create_task(replaced())
    await asyncio.gather(written(range(2, 60), "follows", "plays"), written(range(60, 120), "plays", "follows"))
    done.set()
    assert await replacing >= 2
    with psycopg.connect(database_url) as connection:
        assert connection.execute(WRITTEN).fetchone() == (118, 118, 118, 118)
