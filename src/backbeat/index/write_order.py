"""In which order a batch writes its tables: each row type says which tables it follows."""

from collections.abc import Iterable
from graphlib import TopologicalSorter

from backbeat.index.row import Row


def ranks(rows: Iterable[type[Row]]) -> dict[str, int]:
    """Return the rank of each table: above every table that it follows.

    Raises ValueError for tables that follow each other, or a table that no row type writes.
    """
    after = {row.table: row.after for row in rows if row.part_of is None}
    found: dict[str, int] = {}
    for table in TopologicalSorter(after).static_order():
        if table not in after:
            raise ValueError(f"a row type follows {table}, which no row type writes")
        found[table] = max((found[earlier] + 1 for earlier in after[table]), default=0)
    return found
