"""What a database is made of, as its catalog tells it: to compare two databases, or one with the files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg

Catalog = dict[tuple[str, str], str]
"""What each object is, by kind and name; spaces and line ends do not count."""

ASKED = Path(__file__).with_suffix(".sql").read_bytes()


class Difference(NamedTuple):
    kind: str
    name: str
    one: str | None
    other: str | None


def dump(url: str) -> Catalog:
    """Return everything that the schemas of the database hold, but for rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = pg_catalog")  # every name with its schema
        rows = connection.execute(ASKED).fetchall()
    return {(kind, name): re.sub(r"\s+", "", text or "") for kind, name, text in rows}


def differences(one: Catalog, other: Catalog) -> Iterator[Difference]:
    """Yield where two databases differ."""
    for kind, name in sorted(one.keys() | other.keys()):
        if one.get((kind, name)) != other.get((kind, name)):
            yield Difference(kind, name, one.get((kind, name)), other.get((kind, name)))
