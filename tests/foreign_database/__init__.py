"""A database as the network's own indexer leaves it, with the rows that blocks made: to be adopted by tests.

It is made of one of ours that has indexed them, so the rows are right; what differs is listed in ``shapes.sql``, and
what the network's row triggers do in ``triggers.sql``. Both are written here from the network's rules.
"""

from pathlib import Path

import psycopg

FILES = ("shapes.sql", "triggers.sql")


def make_foreign(url: str) -> None:
    """Turn a migrated database of ours into the network's, its rows kept."""
    with psycopg.connect(url, autocommit=True) as connection:
        for name in FILES:
            connection.execute((Path(__file__).parent / name).read_bytes())
