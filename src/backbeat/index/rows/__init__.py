"""Every row type that the indexer reads or writes: those that the modules in this folder define."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from backbeat.index.row import Row
from backbeat.index.write_order import ranks

ROW_TYPES: tuple[type[Row], ...] = tuple(
    kind
    for module in iter_modules(__path__, f"{__name__}.")
    for kind in vars(import_module(module.name)).values()
    if isinstance(kind, type) and issubclass(kind, Row) and kind.__module__ == module.name
)

WRITE_RANKS = ranks(ROW_TYPES)
"""The place of each table when a batch is written; tables of one rank keep the order in which they were touched."""

WRITTEN: Mapping[str, frozenset[str]] = {
    table: frozenset(name for row in ROW_TYPES if row.table == table for name in row.__struct_fields__)
    for table in {row.table for row in ROW_TYPES if not row.only_read}
}
"""The columns that are written of each table."""
