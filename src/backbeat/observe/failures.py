"""What the driver says when the database cannot answer, in our words and with a cure."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from backbeat.db.outage import OutageError, trouble_of
from backbeat.errors import UnfitDatabaseError


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into DatabaseError."""
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        raise UnfitDatabaseError(
            "migrations_pending", f"The database lacks a table: {_line(error)}", cure="Run `backbeat migrate`."
        ) from error
    except psycopg.Error as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        raise OutageError(
            trouble.kind.code, f"{trouble.kind.sentence}: {_line(error)}", cure=trouble.kind.cure
        ) from error


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
