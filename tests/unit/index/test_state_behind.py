"""A state that stands on that of the batch before, whose rows are not in the database yet."""

from typing import ClassVar

import pytest

from backbeat.index.row import Gone, Index, Row
from backbeat.index.state import IDENTITY, Key, NotLoaded, State


class Thing(Row, frozen=True, kw_only=True):
    table: ClassVar[str] = "things"
    identity: ClassVar[tuple[str, ...]] = ("name",)
    versioned: ClassVar[bool] = True
    indexes: ClassVar[dict[str, Index]] = {
        "owner": Index(("owner",), history=True),
        "newest": Index(("owner",), newest="number", at_most=1),
    }

    name: str
    owner: int = 7
    number: int = 0
    is_current: bool = True
    txhash: str = ""


class Serial(Row, frozen=True, kw_only=True):
    table: ClassVar[str] = "serial"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    indexes: ClassVar[dict[str, Index]] = {"owner": Index(("owner",))}

    id: int
    owner: int = 7
    words: str = ""


class First(Row, frozen=True, kw_only=True):
    table: ClassVar[str] = "firsts"
    identity: ClassVar[tuple[str, ...]] = ("name",)
    keep_first: ClassVar[bool] = True

    name: str
    words: str


def named(name: str) -> Key:
    return Key(Thing, IDENTITY, (name,))


OWNED, NEWEST, NUMBERED = Key(Thing, "owner", (7,)), Key(Thing, "newest", (7,)), Key(Serial, "owner", (7,))


def behind(*changes: Row | Gone) -> tuple[State, State]:
    """Return the state of a batch that made changes, and one that stands on it."""
    before, state = State(), State()
    before.apply(changes)
    state.stand_on(before)
    return before, state


def test_nothing_is_there_before_it_is_loaded() -> None:
    _, state = behind(Thing(name="a"))
    with pytest.raises(NotLoaded):
        state.get(Thing, "a")


@pytest.mark.parametrize("stored", [[], [Thing(name="a", number=1)], [Thing(name="a", number=2)]])
def test_what_the_batch_before_changed_lies_over_what_is_loaded(stored: list[Thing]) -> None:
    """Whether the database has nothing of it, the row as it was, or already the new one."""
    _, state = behind(Thing(name="a", number=2))
    state.fill([named("a"), OWNED], [(key, row) for row in stored for key in (named("a"), OWNED)])
    assert state.get(Thing, "a") == Thing(name="a", number=2)
    assert state.current(Thing, "a") == Thing(name="a", number=2)
    assert state.many(Thing, "owner", 7) == [Thing(name="a", number=2)]
    assert state.stored(Thing(name="a")) == Thing(name="a", number=2)
    assert state.changes() == {}


def test_what_it_deleted_is_absent() -> None:
    _, state = behind(Gone(Thing(name="a")))
    state.fill([named("a"), OWNED], [(named("a"), Thing(name="a")), (OWNED, Thing(name="a"))])
    assert state.get(Thing, "a") is None
    assert state.many(Thing, "owner", 7) == []
    assert state.stored(Thing(name="a")) is None


def test_what_it_moved_is_found_where_it_is_now() -> None:
    _, state = behind(Thing(name="a", owner=8))
    other = Key(Thing, "owner", (8,))
    state.fill([OWNED, other], [(OWNED, Thing(name="a"))])
    assert state.many(Thing, "owner", 7) == []
    assert state.many(Thing, "owner", 8) == [Thing(name="a", owner=8)]


def test_superseded_versions_stay_beside_it() -> None:
    old = Thing(name="a", is_current=False, txhash="old")
    _, state = behind(Thing(name="a", number=2))
    state.fill([OWNED], [(OWNED, old), (OWNED, Thing(name="a"))])
    assert state.many(Thing, "owner", 7) == [old, Thing(name="a", number=2)]


def test_of_an_index_with_the_newest_the_newest_of_both_is_found() -> None:
    _, state = behind(Thing(name="a", number=5), Thing(name="b", number=4))
    state.fill([NEWEST], [(NEWEST, Thing(name="c", number=3))])
    assert [row.name for row in state.many(Thing, "newest", 7)] == ["a"]
    _, state = behind(Thing(name="a", number=1))
    state.fill([NEWEST], [(NEWEST, Thing(name="c", number=3))])
    assert [row.name for row in state.many(Thing, "newest", 7)] == ["c"]


def test_what_the_batch_itself_did_lies_over_both() -> None:
    _, state = behind(Thing(name="a", number=2), Thing(name="b", number=2))
    state.apply([Thing(name="a", number=3), Gone(Thing(name="b"))])
    state.fill([OWNED], [(OWNED, Thing(name="a", number=1)), (OWNED, Thing(name="b", number=1))])
    assert state.many(Thing, "owner", 7) == [Thing(name="a", number=3)]
    assert state.current(Thing, "a") == Thing(name="a", number=3)


def test_a_first_row_that_the_batch_before_wrote_stays() -> None:
    _, state = behind(First(name="a", words="before"))
    state.fill([Key(First, IDENTITY, ("a",))], [])
    state.apply([First(name="a", words="again")])
    assert state.changes() == {}


def test_a_row_that_the_batch_before_made_counts_as_made() -> None:
    before, state = behind(Thing(name="a"), Gone(Thing(name="b")))
    assert state.made(Thing, "a") == Thing(name="a")
    assert state.made(Thing, "b") is None
    state.apply([Gone(Thing(name="a"))])
    assert state.made(Thing, "a") is None
    assert before.made(Thing, "a") == Thing(name="a")


def test_rows_without_an_id_yet_keep_apart() -> None:
    before = State()
    before.apply([Serial(id=before.fresh_id(), words="one")])
    state = State()
    state.stand_on(before)
    assert state.fresh_id() == -2


def test_ids_that_rows_got_meanwhile_are_theirs_and_no_others() -> None:
    before = State()
    before.apply([Serial(id=before.fresh_id(), words="one"), Serial(id=before.fresh_id(), words="two")])
    state = State()
    state.stand_on(before)
    state.fill([NUMBERED], [])
    one, two = sorted(state.many(Serial, "owner", 7), key=lambda row: -row.id)
    state.apply([one.but(words="ONE"), Serial(id=state.fresh_id(), words="three"), Gone(two)])
    before.give_id(one, 41)
    before.give_id(two, 42)
    state.name_born()
    three = Serial(id=-3, words="three")
    assert state.changes() == {Serial: [Serial(id=41, words="ONE"), three, Gone(Serial(id=42, words="two"))]}
    behind_both = State()
    behind_both.stand_on(state)
    behind_both.fill([NUMBERED], [(NUMBERED, Serial(id=41, words="one")), (NUMBERED, Serial(id=42, words="two"))])
    assert behind_both.many(Serial, "owner", 7) == [Serial(id=41, words="ONE"), three]


def test_a_load_that_sees_them_under_their_ids_finds_them_once() -> None:
    before = State()
    one = Serial(id=before.fresh_id(), words="one")
    before.apply([one])
    state = State()
    state.stand_on(before)
    before.give_id(one, 41)
    state.fill([NUMBERED], [(NUMBERED, one.but(id=41)), (NUMBERED, Serial(id=9))])
    assert sorted(row.id for row in state.many(Serial, "owner", 7)) == [-1, 9]


def test_what_it_stood_on_is_let_go() -> None:
    before, state = behind(Thing(name="a"))
    state.name_born()
    state.fill([named("a")], [])
    assert state.get(Thing, "a") is None
    assert state.made(Thing, "a") is None
    state.name_born()
    assert before.changes() == {Thing: [Thing(name="a")]}
