"""What of a changed row is sent: all of it, or, where that would repeat a lot that stays, only what changed.

A transaction of a few bytes may touch a row that holds a whole payload. What such a row keeps is neither sent nor
written again, so that what is stored follows what was said.
"""

from typing import Any, NamedTuple

import msgspec

from backbeat.index.row import Row
from backbeat.index.state import State
from backbeat.index.tables import Table

KEPT_BYTES_MAX = 8_192
"""What an ordinary row repeats: a track of the recorded network has 1 kB, the largest playlist 3 kB."""


class Patches(NamedTuple):
    """JSON of the rows to write whole, and of those that are patched; empty without any."""

    whole: str
    rows: str


def patches(table: Table, rows: list[Row], state: State) -> Patches:
    """Tell the rows that are written whole from those of which only the changes are."""
    whole: list[bytes] = []
    patched: list[bytes] = []
    for row in rows:
        all_of_it = msgspec.json.encode(row)
        if table.row.part_of is None and len(all_of_it) <= KEPT_BYTES_MAX:  # then so is any part of it
            whole.append(all_of_it)
            continue
        before = state.stored(row)
        kept = _kept(table, row, before) if before else {}
        if table.row.part_of or sum(map(_size, kept.values())) > KEPT_BYTES_MAX:
            patched.append(msgspec.json.encode(_patch(table, row, kept)))
        else:
            whole.append(all_of_it)
    return Patches(_array(whole), _array(patched))


def _array(rows: list[bytes]) -> str:
    return f"[{b','.join(rows).decode()}]" if rows else ""


def _kept(table: Table, row: Row, before: Row) -> dict[str, Any]:
    """Return the long columns that are as they were stored; a copied row shares their values."""
    return {
        name: value
        for name in table.long_columns
        if (value := getattr(row, name)) is not None and value is getattr(before, name)
    }


def _patch(table: Table, row: Row, kept: dict[str, Any]) -> dict[str, Any]:
    sent = {name: getattr(row, name) for name in table.columns if name not in kept}
    return sent | {"kept": sum(table.long_columns[name] for name in kept)}


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else len(msgspec.json.encode(value)) if value else 0
