"""What the triggers kept, and what the base rows say they should have."""

from pathlib import Path
from typing import Any

import psycopg

HERE = Path(__file__).parent


def rows(connection: psycopg.Connection, name: str) -> list[tuple[Any, ...]]:
    """Return what ``name``.sql in this folder selects, sorted."""
    return sorted(connection.execute((HERE / f"{name}.sql").read_bytes()).fetchall(), key=repr)


def kept(connection: psycopg.Connection, subject: str) -> list[tuple[Any, ...]]:
    return rows(connection, f"kept_{subject}_counts")


def expected(connection: psycopg.Connection, subject: str) -> list[tuple[Any, ...]]:
    return rows(connection, f"expected_{subject}_counts")


def counters(connection: psycopg.Connection, subject: str, id_: int) -> dict[str, int]:
    """Return the counters of one user, track or playlist that are not zero."""
    return {counter: count for key, counter, count in kept(connection, subject) if key == id_}
