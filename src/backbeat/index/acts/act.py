"""What somebody may have to hear of: the acts of a transaction, told by the rows that it changed.

A batch writes the last version of a row, so what happened between is lost there. Acts keep it: one for every change
that a notification or a milestone follows from, or a relation that they depend on, in the order of the chain.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from backbeat.index.row import Change, Row
from backbeat.index.state import IDENTITY, Key, State
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
        self._rows = {(type(row), row.key()): row for row in changes if isinstance(row, Row)}

    @property
    def rows(self) -> Sequence[Row]:
        """Return every row that the transaction changed, in the order of first touch."""
        return list(self._rows.values())

    def get(self, row: type[R], *identity: Any) -> R | None:
        """Return a row as the transaction leaves it; what is not loaded yet is, and the transaction tried again."""
        return self._rows.get((row, identity)) or self._state.get(row, *identity)  # type: ignore[return-value]  # of that type

    def before(self, row: type[R], *identity: Any) -> R | None:
        """Return a row as the transaction found it."""
        return self._state.get(row, *identity)


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
    if not any(type(change) in TELLERS for change in changes):
        return []
    moment = Moment(tx, state, changes)
    told = [row for row in moment.rows if type(row) in TELLERS]
    state.need([Key(type(row), IDENTITY, row.key()) for row in told if not _is_unborn(row)])
    return list(_acts(told, state, moment))


def _acts(told: Iterable[Row], state: State, moment: Moment) -> Iterator[Act]:
    for new in told:
        old = None if _is_unborn(new) else state.get(type(new), *new.key())
        if old is None or not new.keep_first:
            for teller in TELLERS[type(new)]:
                yield from teller(Changed(old, new), moment)


def _is_unborn(row: Row) -> bool:
    """Tell whether the row has a stand-in for its serial id, so that nothing can be stored under it."""
    return row.identity == ("id",) and row.key() < (0,)
