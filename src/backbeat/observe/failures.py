"""What the driver says when the database cannot answer, in our words and with a cure."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg_pool import PoolTimeout

from backbeat.errors import DatabaseError


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into DatabaseError."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseError(
            "database_unreachable",
            "No connection to the database could be had in time.",
            cure="Check that PostgreSQL runs and accepts connections; this page recovers by itself.",
        ) from error
    except psycopg.errors.UndefinedTable as error:
        raise DatabaseError(
            "migrations_pending", f"The database lacks a table: {_line(error)}", cure="Run `backbeat migrate`."
        ) from error
    except psycopg.errors.QueryCanceled as error:
        raise DatabaseError(
            "database_too_slow",
            f"The database did not answer in time: {_line(error)}",
            cure="See what keeps it busy in pg_stat_activity.",
        ) from error
    except psycopg.OperationalError as error:
        raise DatabaseError(
            "database_unreachable",
            f"The connection to the database failed: {_line(error)}",
            cure="Check that PostgreSQL runs and accepts connections.",
        ) from error


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
