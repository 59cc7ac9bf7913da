from collections.abc import Iterator
from importlib.resources import files

import psycopg
import pytest

ACTIVE = {
    "p",
    "u",
    "fp",
    "v",
    "p1",
    "p2",
    "p3",
    "tt",
    "tut",
    "tp",
    "c",
    "t",
    "cp",
    "w",
    "b",
    "s",
    "m",
    "r",
    "rv",
    "rd",
    "dvl",
}
INACTIVE = {"e", "cs", "ft", "o"}


@pytest.fixture
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    with (
        psycopg.connect(module_database_url, autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


def test_the_catalog_holds_every_challenge_of_the_network(session: psycopg.Connection) -> None:
    catalog = session.execute("SELECT id, active FROM challenges").fetchall()
    assert {challenge for challenge, active in catalog if active} == ACTIVE
    assert {challenge for challenge, active in catalog if not active} == INACTIVE


def test_an_operators_edits_survive_the_seed(session: psycopg.Connection) -> None:
    session.execute("UPDATE challenges SET active = false, amount = '7' WHERE id = 'u'")
    session.execute("DELETE FROM challenges WHERE id = 'p'")
    session.execute(files("backbeat.db").joinpath("migrations/0010_challenge_catalog.sql").read_bytes())
    seeded = session.execute("SELECT id, amount, active FROM challenges WHERE id IN ('u', 'p') ORDER BY id").fetchall()
    assert seeded == [("p", "1", True), ("u", "7", False)]
