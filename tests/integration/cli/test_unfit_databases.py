"""Every verb on a database that is not one to work on: one sentence, its cure, a status of its own, nothing changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from conftest import new_database

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.errors import Exit
from builders.terminal import backbeat
from builders.verbs import ASK_NO_DATABASE, arguments, verbs

PREPARE = {("up",), ("migrate",), ("snapshot", "infer")}
"""They make an empty database one to work on, and finish what was begun."""
ASKS_TWO = ("watch",)  # another program's beside one of ours: cli/test_watch.py
REPORTS = ("doctor",)
TAKES_OVER = ("adopt",)  # another program's, and has its own reasons to refuse
"""Its answer is a list of checks: it says the same, among others, and has a status of its own."""


class Unfit(NamedTuple):
    """A kind of database, and what is said of it."""

    code: str
    sentence: str
    cure: str


UNFIT = {
    "empty": Unfit("database_empty", "has nothing of Backbeat in it", "`backbeat migrate`"),
    "foreign": Unfit("database_foreign", "is another program's", "`backbeat adopt --dry-run`"),
    "half_migrated": Unfit("migrations_pending", "lacks 1 migrations", "`backbeat migrate`"),
    "newer": Unfit("database_newer_than_program", "9999_later", "Run the newer version"),
}

COUNTING = """
    CREATE FUNCTION handle_play() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO aggregate_plays VALUES (new.play_item_id, 1)
            ON CONFLICT (play_item_id) DO UPDATE SET count = aggregate_plays.count + 1;
            RETURN NULL;
        END $$;
    CREATE TRIGGER on_play AFTER INSERT ON plays FOR EACH ROW EXECUTE FUNCTION handle_play();
"""

FOREIGN = """
    CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
    INSERT INTO alembic_version VALUES ('f8dca1b1');
    CREATE TABLE core_indexed_blocks (blockhash varchar NOT NULL, parenthash varchar, chain_id text NOT NULL,
        height integer NOT NULL, plays_slot integer, em_block integer, PRIMARY KEY (chain_id, height));
    INSERT INTO core_indexed_blocks VALUES ('a', NULL, 'elsewhere', 7, 0, 1);
    CREATE TABLE users (user_id integer NOT NULL, is_current boolean NOT NULL, txhash varchar NOT NULL,
        PRIMARY KEY (user_id, txhash));
    INSERT INTO users VALUES (1, true, '0x1');
    CREATE TABLE plays (id serial PRIMARY KEY, play_item_id integer);
    CREATE TABLE aggregate_plays (play_item_id integer PRIMARY KEY, count bigint);
"""

CATALOGUE = " UNION ALL ".join(
    f"SELECT '{catalogue}', oid::bigint, xmin::text FROM {catalogue} WHERE oid >= 16384"  # noqa: S608 - the server's own catalogues
    for catalogue in ("pg_namespace", "pg_class", "pg_proc", "pg_trigger", "pg_constraint", "pg_type")
)


@pytest.fixture(scope="module")
def unfit(postgres: EmbeddedPostgres, admin: psycopg.Connection[Any], template: str) -> Iterator[dict[str, str]]:
    """The addresses of a database of each kind; no verb changes any."""
    with (
        new_database(postgres, admin, "template0") as empty,
        new_database(postgres, admin, "template0") as foreign,
        new_database(postgres, admin, template) as half,
        new_database(postgres, admin, template) as newer,
    ):
        _run(foreign, FOREIGN + COUNTING)
        _run(half, "DELETE FROM backbeat.migrations WHERE number = (SELECT max(number) FROM backbeat.migrations)")
        _run(newer, "INSERT INTO backbeat.migrations VALUES (9999, 'later', 'x', now(), 0)")
        yield {"empty": empty, "foreign": foreign, "half_migrated": half, "newer": newer}


def _run(url: str, statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = public")
        connection.execute(statements.encode())


def catalogue_of(url: str) -> list[tuple[Any, ...]]:
    """Return every object of the database and the transaction that changed its entry last."""
    with psycopg.connect(url) as connection:
        return connection.execute(CATALOGUE.encode()).fetchall()


def rows_of(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        asked = b"SELECT count(*), max(txhash) FROM users UNION ALL SELECT count(*), NULL FROM plays"
        return connection.execute(asked).fetchall()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "one.jsonl"
    file.write_text("")
    return file


def test_the_verbs_that_are_tried_are_those_of_the_command_line() -> None:
    assert len(verbs()) > 30
    assert {*PREPARE, *ASK_NO_DATABASE, REPORTS} <= set(verbs())


@pytest.mark.parametrize("kind", UNFIT)
@pytest.mark.parametrize("path", [path for path in verbs() if path not in {*ASK_NO_DATABASE, ASKS_TWO}], ids=" ".join)
def test_every_verb_says_what_is_the_matter_and_changes_nothing(
    unfit: dict[str, str], path: tuple[str, ...], kind: str, recording: Path, tmp_path: Path
) -> None:
    if path in PREPARE and kind in {"empty", "half_migrated"}:
        pytest.skip("it prepares such a database")
    said, url = UNFIT[kind], unfit[kind]
    before = catalogue_of(url)
    answer = backbeat(*path, *arguments(path, recording), "--database", url, "--data-dir", str(tmp_path))
    told = answer.out + answer.err
    assert "Traceback" not in told
    assert catalogue_of(url) == before
    if path == TAKES_OVER:
        assert (answer.status, "cure: " in told) == (Exit.FAILURE, True)
        return
    assert said.sentence in " ".join(told.split())
    assert said.cure in " ".join(told.split())
    assert answer.status == (Exit.FAILURE if path == REPORTS else Exit.CONFIG)
    if kind == "foreign":
        assert rows_of(url) == [(1, "0x1"), (0, None)]


@pytest.mark.parametrize("kind", UNFIT)
def test_programs_are_told_by_a_code(unfit: dict[str, str], kind: str) -> None:
    answer = backbeat("status", "--database", unfit[kind], "--json")
    assert f'"code":"{UNFIT[kind].code}"' in answer.err.replace(" ", "")


def test_a_dry_run_of_migrate_does_not_say_that_it_would_apply_what_must_fail(unfit: dict[str, str]) -> None:
    answer = backbeat("migrate", "--dry-run", "--database", unfit["foreign"])
    assert answer.status == Exit.CONFIG
    assert "Would apply" not in answer.out


def test_the_doctor_names_ledgers_and_triggers_of_another_program(unfit: dict[str, str]) -> None:
    answer = backbeat("doctor", "--database", unfit["foreign"])
    told = " ".join(answer.out.split())
    assert "it has alembic_version and 4 of the network's tables" in told
    assert "They count or tell what Backbeat does: plays.on_play" in told


@pytest.mark.parametrize("verb", [("migrate",), ("migrate", "--dry-run")])
def test_an_empty_database_is_prepared_by_migrate(empty_database_url: str, verb: tuple[str, ...]) -> None:
    assert backbeat(*verb, "--database", empty_database_url).status == Exit.OK


def test_a_trigger_that_counts_beside_ours_fails_a_check(database_url: str) -> None:
    _run(database_url, COUNTING)
    at = ("--database", database_url)
    told = " ".join(backbeat("doctor", *at).out.split())
    assert "FAIL triggers of other programs: Triggers of another program count or tell" in told
    assert "what Backbeat does: plays.on_play." in told
    assert "ALTER TABLE plays DISABLE TRIGGER on_play" in told
    shown = backbeat("status", *at)
    assert "FAIL triggers of other programs: Triggers of another program count or tell" in " ".join(shown.out.split())
    assert shown.status == Exit.FAILURE
    _run(database_url, "ALTER TABLE plays DISABLE TRIGGER on_play")
    assert "plays.on_play" not in backbeat("doctor", *at).out
    assert "plays.on_play" not in backbeat("status", *at).out


def test_a_trigger_that_notifies_is_advice(database_url: str) -> None:
    _run(
        database_url,
        "CREATE FUNCTION on_new_row() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_notify(tg_table_name, ''); RETURN NULL; END $$;"
        " CREATE TRIGGER trg_plays AFTER INSERT ON plays FOR EACH ROW EXECUTE FUNCTION on_new_row()",
    )
    told = " ".join(backbeat("doctor", "--database", database_url).out.split())
    assert "note triggers of other programs: They tell listeners of each row: plays.trg_plays." in told


CHANGED = {
    "ALTER TABLE users DROP COLUMN location": (
        "FAIL tables of blocks: Table users lacks the columns location.",
        "backbeat migrate",
    ),
    "ALTER TABLE users ADD COLUMN flavour text NOT NULL; DROP INDEX saves_current": (
        "FAIL tables of blocks: Column flavour of table users must have a value, and Backbeat does not know it.",
        "Table saves has no unique index over save_item_id, save_type, user_id where is_current.",
        "ALTER COLUMN flavour DROP NOT NULL",
    ),
    "INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time) VALUES ('dev', 7, 'x', now());"
    " INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES ('other', 'dev', 9)": (
        "FAIL another indexer: Another program indexed block 9 of 'dev'; Backbeat stands at 7.",
        "backbeat adopt --dry-run",
    ),
}


@pytest.mark.parametrize("statements", CHANGED)
def test_what_another_program_changed_fails_a_check(database_url: str, statements: str) -> None:
    _run(database_url, statements)
    for verb in ("doctor", "status"):
        answer = backbeat(verb, "--database", database_url)
        told = " ".join(answer.out.split())
        assert answer.status == Exit.FAILURE
        for words in CHANGED[statements]:
            assert words in told
