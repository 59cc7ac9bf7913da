"""The tables carry the network's names, types and keys in the network's order, apart from what is listed here."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from integration.schema.notation import Table, tables
from shared_dir import shared_file

COLUMNS = """
    SELECT attribute.attname, format_type(attribute.atttypid, attribute.atttypmod), attribute.attnotnull,
        attribute.atthasdef
    FROM pg_attribute AS attribute
    WHERE attribute.attrelid = %s::regclass AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ORDER BY attribute.attnum
"""
INDEXES = """
    SELECT indisprimary, indpred IS NOT NULL, ARRAY(
        SELECT pg_get_indexdef(indexrelid, position, true) FROM generate_series(1, indnkeyatts) AS position
    )
    FROM pg_index WHERE indrelid = %s::regclass
"""
CASCADES = """
    SELECT confdeltype = 'c' FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype = 'f' AND confrelid = 'blocks'::regclass
"""

# docs/reference/schema.md says why.
NOT_INDEXED = {
    ("blocks", ("is_current",)),
    ("aggregate_user", ("user_id", "follower_count")),
    ("aggregate_user", ("dominant_genre", "follower_count", "user_id")),
    ("plays", ("signature",)),
}


@pytest.fixture(scope="module")
def network() -> dict[str, Table]:
    document = shared_file("domain/chain-and-entities.md").read_text(encoding="utf-8")
    found = {table.name: table for table in tables(document)}
    assert len(found) > 40
    return found


@pytest.fixture(scope="module")
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


def rows(session: psycopg.Connection, query: str, table: str) -> list[tuple[Any, ...]]:
    return session.execute(query, [f"public.{table}"]).fetchall()


def test_columns_come_first_in_the_networks_order_and_types(
    session: psycopg.Connection, network: dict[str, Table]
) -> None:
    differences = []
    for table in network.values():
        wanted = [(column.name, column.type, column.is_required, column.has_default) for column in table.columns]
        ours = rows(session, COLUMNS, table.name)
        differences += [(table.name, *pair) for pair in zip(wanted, ours, strict=False) if pair[0] != pair[1]]
        assert len(ours) >= len(wanted), table.name
    assert differences == []


def test_primary_keys_are_the_networks(session: psycopg.Connection, network: dict[str, Table]) -> None:
    for table in network.values():
        ours = [tuple(columns) for primary, _, columns in rows(session, INDEXES, table.name) if primary]
        assert [tuple(name.strip('"') for name in key) for key in ours] == [table.primary_key], table.name


def test_every_plain_index_is_there_or_the_beginning_of_another(
    session: psycopg.Connection, network: dict[str, Table]
) -> None:
    missing = set()
    for table in network.values():
        ours = [columns for _, partial, columns in rows(session, INDEXES, table.name) if not partial]
        missing |= {
            (table.name, index)
            for index in table.indexes
            if not any(tuple(columns[: len(index)]) == index for columns in ours)
        }
    assert missing == NOT_INDEXED


def test_taking_back_a_block_takes_back_rows_where_the_network_does(
    session: psycopg.Connection, network: dict[str, Table]
) -> None:
    for table in network.values():
        assert any(cascade for (cascade,) in rows(session, CASCADES, table.name)) == table.blocks_cascade, table.name


def test_no_index_is_the_beginning_of_another(session: psycopg.Connection) -> None:
    redundant = session.execute("""
        WITH index AS (
            SELECT indexrelid::regclass::text AS name, indrelid, indisunique,
                concat(indkey, ' ') AS keys, pg_get_expr(indpred, indrelid) AS predicate,
                pg_get_expr(indexprs, indrelid) AS expressions, indclass::text AS classes
            FROM pg_index
            WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
        )
        SELECT shorter.name, longer.name
        FROM index AS shorter
        JOIN index AS longer ON shorter.indrelid = longer.indrelid
            AND shorter.name <> longer.name
            AND starts_with(longer.keys, shorter.keys)
            AND starts_with(longer.classes, shorter.classes)
            AND shorter.predicate IS NOT DISTINCT FROM longer.predicate
            AND shorter.expressions IS NOT DISTINCT FROM longer.expressions
        WHERE NOT shorter.indisunique
    """).fetchall()
    assert redundant == []
