"""What a user may have to hear of: the acts of a transaction, told by the rows that it changed.

A batch writes the last version of a row, so what happened between is lost there. Acts keep it: one for every change
that a notification or a milestone follows from, or a relation that they depend on, in the order of the chain.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from backbeat.index.row import Change, Gone, Row
from backbeat.index.state import Key, NotLoaded, State, is_answer, is_unborn, value_of
from backbeat.index.wire.transaction import EntityTransaction

R = TypeVar("R", bound=Row)


class Act(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Something that was done, as a row of ``backbeat.acts`` has it; its block and place are added where it is kept."""

    kind: str
    """Which act it is; the families of :mod:`backbeat.derived.notifications` name those that they take."""
    actor_id: int
    """The user who did it, or whose relation changed."""
    item_type: str = ""
    """What it was done to, where the kind does not say: ``track``, ``playlist``, ``User``, ``Event`` ..."""
    item_id: int
    """The id of what it was done to."""
    owner_id: int | None = None
    """The user to whom that belongs."""
    delta: int = 0
    """For a relation: 1 where it began, -1 where it ended; 0 for what does not last."""
    time: datetime | None = None
    """What its notification is dated with; None: the block's time."""
    data: dict[str, Any] | None = None
    """What else its notification needs: numbers, booleans, short texts."""


class Moment:
    """What is known as a transaction ends: the state before it, and over that what it changed."""

    def __init__(self, tx: EntityTransaction, state: State, changes: Iterable[Change]) -> None:
        self.tx = tx
        self._state = state
        self._rows: dict[tuple[type[Row], tuple[Any, ...]], Row] = {}
        self._gone: set[tuple[type[Row], tuple[Any, ...]]] = set()
        self._changed: dict[type[Row], list[Row]] = {}
        for change in changes:
            if isinstance(change, Gone):
                place = type(change.row), change.row.key()
                self._rows.pop(place, None)
                self._gone.add(place)
            else:
                self._rows[type(change), change.key()] = change

    @property
    def rows(self) -> Sequence[Row]:
        """Return every row that the transaction changed, in the order of first touch."""
        return list(self._rows.values())

    def changed(self, row: type[R]) -> Sequence[R]:
        """Return the rows of a type that the transaction changed, in the order of first touch."""
        if row not in self._changed:
            self._changed[row] = [made for (kind, _), made in self._rows.items() if kind is row]
        return self._changed[row]  # type: ignore[return-value]  # of that type

    def get(self, row: type[R], *identity: Any) -> R | None:
        """Return a row as the transaction leaves it; what is not loaded yet is, and the transaction tried again."""
        if made := self._rows.get((row, identity)):
            return made  # type: ignore[return-value]  # of that type
        return None if (row, identity) in self._gone else self.before(row, *identity)

    def before(self, row: type[R], *identity: Any) -> R | None:
        """Return a row as the transaction found it."""
        return self._state.current(row, *identity)

    def many(self, row: type[R], index: str, *value: Any) -> list[R]:
        """Return the rows of an index as the transaction leaves them, in order; not of one with only the newest."""
        found = {each.key(): each for each in self._state.many(row, index, *value)}
        for kind, key in (*self._gone, *self._rows):
            if kind is row:
                found.pop(key, None)
        for (kind, key), made in self._rows.items():
            if kind is row and value_of(made, index) == value and is_answer(made, row.indexes[index]):
                found[key] = made  # type: ignore[assignment]  # of that type
        return [found[key] for key in sorted(found)]


class Changed(NamedTuple):
    """A row as it was and as it is; ``old`` is None where it is new."""

    old: Any
    new: Any


Teller = Callable[[Changed, Moment], Iterable[Act]]
"""Tells the acts in the change of one row. Pure, and may be run again from the start."""

TELLERS: dict[type[Row], list[Teller]] = {}


def tells(row: type[Row]) -> Callable[[Teller], Teller]:
    """Register what tells the acts in a change of ``row``; several may, in the order in which they are registered."""

    def register(teller: Teller) -> Teller:
        TELLERS.setdefault(row, []).append(teller)
        return teller

    return register


def acts_of(tx: EntityTransaction, state: State, changes: Sequence[Change]) -> list[Act]:
    """Return the acts in what ``tx`` is about to change in ``state``; raises NotLoaded as handlers do."""
    if TELLERS.keys().isdisjoint(map(type, changes)):
        return []
    moment = Moment(tx, state, changes)
    changed = _changed([row for row in moment.rows if type(row) in TELLERS], state)
    return [act for row in changed for teller in TELLERS[type(row.new)] for act in teller(row, moment)]


def _changed(told: Iterable[Row], state: State) -> list[Changed]:
    """Put each row beside what it was; all that has to be loaded for it is asked for at once."""
    changed: list[Changed] = []
    missing: list[Key] = []
    for new in told:
        try:
            old = None if is_unborn(new) else state.current(type(new), *new.key())
        except NotLoaded as miss:
            missing += miss.keys
        else:
            if old is None or not new.keep_first:
                changed.append(Changed(old, new))
    if missing:
        raise NotLoaded(missing)
    return changed


class Relation(Protocol):
    """A row that is one user's relation to something, which may end."""

    is_delete: bool | None


def flip(row: Changed) -> int:
    """Return 1 where a relation began, -1 where it ended, 0 where it is as it was."""
    old: Relation | None = row.old
    new: Relation = row.new
    return (not new.is_delete) - (old is not None and not old.is_delete)
