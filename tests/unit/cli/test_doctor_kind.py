"""What the doctor says of whose a database is."""

import pytest

from backbeat.cli.doctor_database import _kind
from backbeat.db.kind import DatabaseKind, Found


@pytest.mark.parametrize(
    ("ledgers", "told"),
    [
        (("etl_blocks",), "It is Backbeat's."),
        (("alembic_version", "etl_blocks"), "It is Backbeat's. It has alembic_version of another program as well."),
    ],
)
def test_a_table_that_ours_has_too_is_of_no_other_program(ledgers: tuple[str, ...], told: str) -> None:
    found = Found(kind=DatabaseKind.OWN, database="x", ledgers=ledgers, tables=("users", "etl_blocks"), ledger={})
    assert _kind(found).detail == told
