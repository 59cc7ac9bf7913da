from collections.abc import Iterator

import psycopg
import pytest


@pytest.fixture(scope="module")
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    """An autocommit session on a database that the module's tests leave as they found it."""
    with psycopg.connect(module_database_url, autocommit=True, options="-c timezone=UTC") as connection:
        yield connection


@pytest.fixture
def undone(session: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The same session inside a transaction that is rolled back."""
    with session.transaction(force_rollback=True):
        yield session
