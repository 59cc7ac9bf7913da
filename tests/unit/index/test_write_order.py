from typing import ClassVar

import pytest

from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES, WRITE_RANKS
from backbeat.index.write_order import ranks


def row_type(table: str, *after: str, part_of: type[Row] | None = None) -> type[Row]:
    columns = {"table": table, "identity": ("id",), "after": after, "part_of": part_of}
    return type(table, (Row,), {**columns, "__annotations__": dict.fromkeys(columns, ClassVar)})


def test_what_triggers_look_up_is_written_before_all_else() -> None:
    assert [WRITE_RANKS[table] for table in ("users", "tracks", "playlists")] == [0, 1, 2]
    assert {rank for table, rank in WRITE_RANKS.items() if table not in {"users", "tracks", "playlists"}} == {3}


def test_a_table_stands_above_all_that_it_follows() -> None:
    assert ranks([row_type("c", "b", "a"), row_type("b", "a"), row_type("a")]) == {"a": 0, "b": 1, "c": 2}


def test_part_of_a_row_has_the_place_of_its_table() -> None:
    whole = row_type("a")
    assert ranks([row_type("a", "missing", part_of=whole), whole]) == {"a": 0}


def test_tables_that_follow_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        ranks([row_type("a", "b"), row_type("b", "a")])


def test_a_table_that_nothing_writes_cannot_be_followed() -> None:
    with pytest.raises(ValueError, match="follows missing"):
        ranks([row_type("a", "missing")])


def test_each_table_is_made_by_one_row_type() -> None:
    makers = [row.table for row in ROW_TYPES if row.part_of is None]
    assert sorted(makers) == sorted(set(makers))
