"""Tables for the network's API server: made when asked for, empty, as the network has them, and never twice."""

import json
from pathlib import Path

import psycopg

from backbeat.db import network_tables
from builders.terminal import backbeat

COLUMNS = """
    SELECT attribute.attname, format_type(attribute.atttypid, attribute.atttypmod), attribute.attnotnull
    FROM pg_attribute AS attribute
    WHERE attribute.attrelid = to_regclass(%s) AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ORDER BY attribute.attname
"""
PURCHASE = {"city", "region", "country", "vendor", "splits"}


def columns(url: str, table: str) -> list[tuple[str, str, bool]]:
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = public")
        return connection.execute(COLUMNS, [table]).fetchall()


def test_they_are_not_made_unless_asked_for(database_url: str) -> None:
    assert len(network_tables.tables()) == 29
    assert all(columns(database_url, table) == [] for table in network_tables.tables())
    assert not PURCHASE & {name for name, *_ in columns(database_url, "usdc_purchases")}


def test_a_dry_run_says_how_many_and_makes_none(database_url: str) -> None:
    answer = backbeat("migrate", "--network-tables", "--dry-run", "--database", database_url)
    assert "Would make, empty:\n  29 tables" in answer.out
    assert columns(database_url, "chat") == []


def test_they_are_made_once(database_url: str) -> None:
    at = ("--database", database_url)
    assert "Made, empty:\n  29 tables" in backbeat("migrate", "--network-tables", *at).out
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO public.user_balances (user_id, balance) VALUES (1, '5')")
    again = backbeat("migrate", *at, env={"BACKBEAT_DATABASE_NETWORK_TABLES": "true"})
    assert "Nothing to do" in again.out
    assert "Nothing to do" in backbeat("migrate", *at).out
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT balance FROM public.user_balances").fetchall() == [("5",)]
    assert {name for name, *_ in columns(database_url, "usdc_purchases")} >= PURCHASE
    assert backbeat("status", *at).status in {0, 1}


def test_an_empty_database_gets_them_with_everything_else(empty_database_url: str) -> None:
    told = backbeat("migrate", "--network-tables", "--json", "--database", empty_database_url).json
    assert told["network_tables"] == list(network_tables.tables())
    assert columns(empty_database_url, "rpc_log")


def test_they_have_the_networks_shapes(database_url: str, shared_dir: Path) -> None:
    file = shared_dir / "domain" / "network-schema.json"
    shapes = json.loads(file.read_text(encoding="utf-8"))["tables"]
    backbeat("migrate", "--network-tables", "--database", database_url)
    for table in network_tables.tables():
        wanted = sorted((each["name"], each["type"], each.get("not_null", False)) for each in shapes[table]["columns"])
        assert columns(database_url, table) == wanted, table
    purchases = {name: (kind, is_set) for name, kind, is_set in columns(database_url, "usdc_purchases")}
    for each in shapes["usdc_purchases"]["columns"]:
        if each["name"] in PURCHASE:
            assert purchases[each["name"]] == (each["type"], each.get("not_null", False))
