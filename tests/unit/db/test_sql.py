import pytest
from psycopg.sql import SQL

from backbeat.db.sql import compose, load


def test_a_file_is_found_in_its_package() -> None:
    assert load("backbeat.db", "roles_create_database.sql") == "CREATE DATABASE backbeat OWNER backbeat\n"


def test_a_missing_file_is_an_error_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        load("backbeat.db", "no_such_file.sql")


def test_names_are_quoted_and_other_parts_stand_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "SELECT {columns} FROM {table} WHERE {name} = '{{}}'"
    monkeypatch.setattr("backbeat.db.sql.load", lambda _package, _name: text)
    filled = compose("any", "any.sql", columns=SQL("a, b"), table=("backbeat", "cursor"), name='odd"name')
    assert filled.as_string() == """SELECT a, b FROM "backbeat"."cursor" WHERE "odd""name" = '{}'"""


def test_a_placeholder_without_a_value_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbeat.db.sql.load", lambda _package, _name: "SELECT {column}")
    with pytest.raises(KeyError):
        compose("any", "any.sql")
