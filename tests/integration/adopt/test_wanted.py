"""What is read of the migrations is what they make: columns, keys, indexes and types."""

from collections.abc import Iterator

import psycopg
import pytest

from backbeat.adopt.definitions import of_statement
from backbeat.adopt.wanted import wanted

COLUMNS = """
    SELECT c.relname, array_agg((a.attname::text, format_type(a.atttypid, a.atttypmod))::text ORDER BY a.attnum)
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    GROUP BY c.relname
"""
INDEXES = """
    SELECT t.relname, n.relname, pg_get_indexdef(i.indexrelid), i.indisprimary, i.indisunique,
        ARRAY(SELECT pg_get_indexdef(i.indexrelid, at, true) FROM generate_series(1, i.indnkeyatts) AS at),
        EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
    FROM pg_index AS i
    JOIN pg_class AS t ON t.oid = i.indrelid AND t.relkind = 'r'
    JOIN pg_class AS n ON n.oid = i.indexrelid
    WHERE t.relnamespace = 'public'::regnamespace
"""
ENUMS = """
    SELECT typname, array_agg(enumlabel::text ORDER BY enumsortorder)
    FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid
    WHERE typnamespace = 'public'::regnamespace
    GROUP BY typname
"""
OWN = """
    SELECT 'backbeat.' || relname FROM pg_class
    WHERE relnamespace = 'backbeat'::regnamespace AND relkind = 'r' AND relname NOT IN ('migrations', 'objects')
"""


@pytest.fixture(scope="module")
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


def test_tables_have_their_columns_and_types(session: psycopg.Connection) -> None:
    read = {
        table.name: [f"({column.name},{_quoted(column.type)})" for column in table.columns]
        for table in wanted().tables.values()
    }
    assert read == {name: [one.replace('\\"', "") for one in of] for name, of in session.execute(COLUMNS)}


def _quoted(name: str) -> str:
    return f'"{name}"' if any(letter in name for letter in " ()") else name


def test_indexes_and_keys_are_those_that_the_server_has(session: psycopg.Connection) -> None:
    rows = session.execute(INDEXES).fetchall()
    tables = wanted().tables
    read = {(table.name, index.name): index.definition for table in tables.values() for index in table.indexes}
    assert read == {(table, name): of_statement(made) for table, name, made, *_, of_key in rows if not of_key}
    keys = {(table.name, frozenset(key)) for table in tables.values() for key in table.unique_keys}
    assert keys == {(t, frozenset(c)) for t, _, _, primary, unique, c, of in rows if of and unique and not primary}
    primary = {table.name: set(table.primary_key) for table in tables.values()}
    assert primary == {
        table: {c.strip('"') for c in columns} for table, _, _, is_primary, _, columns, _ in rows if is_primary
    }


def test_types_have_their_values(session: psycopg.Connection) -> None:
    assert {name: list(enum.labels) for name, enum in wanted().enums.items()} == dict(session.execute(ENUMS).fetchall())


def test_our_own_tables_are_all_there(session: psycopg.Connection) -> None:
    made = {name for kind, name, _ in wanted().own if kind == "table"}
    assert made == {name for (name,) in session.execute(OWN)}
