from typing import ClassVar

import pytest

from backbeat.index.row import Gone, Index, Row
from backbeat.index.state import IDENTITY, Key, NotLoaded, State


class Thing(Row, frozen=True, kw_only=True):
    table: ClassVar[str] = "things"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    versioned: ClassVar[bool] = True
    indexes: ClassVar[dict[str, Index]] = {"by_owner": Index(("owner",), history=True)}

    id: int
    owner: int
    is_current: bool = True
    txhash: str = ""


class Numbered(Row, frozen=True, kw_only=True):
    table: ClassVar[str] = "numbered"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    indexes: ClassVar[dict[str, Index]] = {
        "newest": Index(("owner",), newest="number", at_most=2),
        "present": Index(("owner",), unless="is_gone"),
        "shown": Index(("owner",), only="is_shown"),
    }

    id: int
    owner: int = 7
    number: int | None = None
    is_gone: bool | None = None
    is_shown: bool = True


class Told(Row, frozen=True, kw_only=True):
    table: ClassVar[str] = "told"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    keep_first: ClassVar[bool] = True

    id: int
    words: str


def identity(thing_id: int) -> Key:
    return Key(Thing, IDENTITY, (thing_id,))


def owned_by(owner: int) -> Key:
    return Key(Thing, "by_owner", (owner,))


def test_a_key_that_was_not_loaded_names_itself() -> None:
    with pytest.raises(NotLoaded) as missed:
        State().get(Thing, 1)
    assert missed.value.keys == (identity(1),)


def test_a_loaded_key_without_a_row_is_absent() -> None:
    state = State()
    state.fill([identity(1)], [])
    assert state.get(Thing, 1) is None


def test_a_change_is_seen_through_identity_and_index() -> None:
    state = State()
    state.fill([owned_by(7)], [])
    state.apply([Thing(id=1, owner=7)])
    assert state.get(Thing, 1) == Thing(id=1, owner=7)
    assert state.many(Thing, "by_owner", 7) == [Thing(id=1, owner=7)]


def test_a_row_that_changes_its_index_value_moves_between_answers() -> None:
    state = State()
    state.fill([owned_by(7), owned_by(8)], [(owned_by(7), Thing(id=1, owner=7))])
    state.apply([Thing(id=1, owner=8)])
    assert state.many(Thing, "by_owner", 7) == []
    assert state.many(Thing, "by_owner", 8) == [Thing(id=1, owner=8)]


def test_what_the_batch_did_wins_over_a_later_load() -> None:
    state = State()
    state.apply([Thing(id=1, owner=8), Gone(Thing(id=2, owner=7))])
    state.fill([owned_by(7), owned_by(8)], [(owned_by(7), Thing(id=1, owner=7)), (owned_by(7), Thing(id=2, owner=7))])
    assert state.many(Thing, "by_owner", 7) == []
    assert state.many(Thing, "by_owner", 8) == [Thing(id=1, owner=8)]


def test_a_deleted_row_is_absent_and_can_come_back() -> None:
    state = State()
    state.fill([identity(1)], [(identity(1), Thing(id=1, owner=7))])
    state.apply([Gone(Thing(id=1, owner=7))])
    assert state.get(Thing, 1) is None
    state.apply([Thing(id=1, owner=9)])
    assert state.changes() == {Thing: [Thing(id=1, owner=9)]}


def test_superseded_versions_answer_an_index_with_history_beside_the_current_row() -> None:
    state = State()
    old = Thing(id=1, owner=7, is_current=False, txhash="old")
    state.fill([owned_by(7)], [(owned_by(7), old), (owned_by(7), Thing(id=1, owner=7))])
    assert len(state.many(Thing, "by_owner", 7)) == 2
    state.apply([Thing(id=1, owner=8)])
    assert state.many(Thing, "by_owner", 7) == [old]


def test_only_the_last_change_of_an_identity_is_written() -> None:
    state = State()
    state.apply([Thing(id=1, owner=7), Thing(id=2, owner=7), Thing(id=1, owner=9)])
    assert state.changes() == {Thing: [Thing(id=1, owner=9), Thing(id=2, owner=7)]}


def test_fresh_ids_are_negative_and_different() -> None:
    state = State()
    assert [state.fresh_id(), state.fresh_id()] == [-1, -2]


def numbers(state: State, index: str) -> list[int]:
    return sorted(row.id for row in state.many(Numbered, index, 7))


def test_only_the_newest_are_kept_of_what_is_loaded_and_changed() -> None:
    state = State()
    key = Key(Numbered, "newest", (7,))
    state.apply([Numbered(id=1, number=1), Numbered(id=2, number=9)])
    state.fill([key], [(key, Numbered(id=3, number=5)), (key, Numbered(id=4, number=4))])
    assert numbers(state, "newest") == [2, 3]
    state.apply([Numbered(id=5), Numbered(id=6, number=3)])
    assert numbers(state, "newest") == [2, 5]
    state.apply([Numbered(id=2, number=10)])
    assert numbers(state, "newest") == [2, 5]


def test_rows_that_an_index_leaves_out_come_and_go_with_their_flag() -> None:
    state = State()
    present, shown = Key(Numbered, "present", (7,)), Key(Numbered, "shown", (7,))
    state.apply([Numbered(id=1, is_gone=True), Numbered(id=2, is_shown=False)])
    state.fill([present, shown], [(present, Numbered(id=3)), (shown, Numbered(id=3))])
    assert (numbers(state, "present"), numbers(state, "shown")) == ([2, 3], [1, 3])
    state.apply([Numbered(id=1), Numbered(id=3, is_gone=True)])
    assert (numbers(state, "present"), numbers(state, "shown")) == ([1, 2], [1, 3])


def test_what_was_stored_and_what_the_batch_made_are_told_apart() -> None:
    state = State()
    state.fill([identity(1)], [(identity(1), Thing(id=1, owner=7))])
    state.apply([Thing(id=1, owner=8), Thing(id=2, owner=8), Gone(Thing(id=3, owner=8))])
    assert state.stored(Thing(id=1, owner=8)) == Thing(id=1, owner=7)
    assert state.stored(Thing(id=2, owner=8)) is None
    assert (state.made(Thing, 2), state.made(Thing, 3)) == (Thing(id=2, owner=8), None)


def test_what_is_told_once_and_for_all_stays_within_a_batch_too() -> None:
    state = State()
    state.apply([Told(id=1, words="first"), Told(id=1, words="second")])
    assert state.changes() == {Told: [Told(id=1, words="first")]}
    state.apply([Gone(Told(id=1, words="first"))])
    state.apply([Told(id=1, words="third")])
    assert state.changes() == {Told: [Told(id=1, words="third")]}


def test_what_was_stored_before_is_not_told_again() -> None:
    state = State()
    key = Key(Told, IDENTITY, (1,))
    state.fill([key], [(key, Told(id=1, words="stored"))])
    state.apply([Told(id=1, words="second")])
    assert state.changes() == {}
    assert state.get(Told, 1) == Told(id=1, words="stored")
