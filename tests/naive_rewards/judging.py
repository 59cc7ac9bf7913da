"""How rows of rewards come about, whatever they are for: what is final, what waits while a challenge is off."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from naive_rewards.written import Block, State, Terms

T = TypeVar("T")


class Paid(NamedTuple):
    """A row of ``user_challenges``, but for when it was written."""

    challenge_id: str
    """Which challenge."""
    specifier: str
    """Which occasion."""
    user_id: int
    """Who gets it."""
    is_complete: bool
    """Whether it is earned; then nothing of the row changes any more."""
    current_step_count: int
    """How far it is."""
    amount: int
    """By the catalogue when it was judged last."""
    completed_blocknumber: int | None
    """The block that completed it."""
    completed_at: datetime | None
    """The time of that."""


class Moment(NamedTuple):
    """When something was earned."""

    number: int
    time: datetime


class Ledger:
    """All rows, by challenge and specifier."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Paid] = {}

    def put(
        self,
        challenge_id: str,
        specifier: str,
        user_id: int,
        moment: Moment,
        amount: int,
        steps: tuple[int, int] = (1, 1),
    ) -> None:
        """Write how many ``steps`` of how many are done; a complete row is final, and a row keeps its user."""
        before = self.rows.get((challenge_id, specifier))
        if before is not None and before.is_complete:
            return
        done, wanted = steps
        is_complete = 0 < wanted <= done
        self.rows[challenge_id, specifier] = Paid(
            challenge_id,
            specifier,
            user_id if before is None else before.user_id,
            is_complete,
            done,
            amount,
            moment.number if is_complete else None,
            moment.time if is_complete else None,
        )

    def has(self, challenge_id: str, specifier: str) -> bool:
        return (challenge_id, specifier) in self.rows

    def complete(self, challenge_id: str, prefix: str = "") -> list[Paid]:
        """Return a challenge's complete rows whose specifiers begin so."""
        rows = (row for row in self.rows.values() if row.challenge_id == challenge_id and row.is_complete)
        return [row for row in rows if row.specifier.startswith(prefix)]


class Challenge(ABC):
    """What is done at the end of every block."""

    @abstractmethod
    def end_of_block(self, before: State, block: Block, ledger: Ledger) -> None:
        """Judge by what stood at the end of the last numbered block and stands at the end of this one."""


class ByState(Challenge):
    """One row a key, judged whenever something of the key or of the terms has changed: by the block's end.

    What changed while the challenge was off waits until it is on.
    """

    challenge_id: str

    def __init__(self) -> None:
        self._waiting: set[int] = set()
        self._terms: Terms | None = None

    @abstractmethod
    def facts(self, state: State, catalogue: Mapping[str, Any]) -> Mapping[int, Hashable]:
        """Return by key what the judgement asks of the tables."""

    @abstractmethod
    def judge(self, key: int, block: Block, terms: Terms, ledger: Ledger) -> None:
        """Write a key's row."""

    def end_of_block(self, before: State, block: Block, ledger: Ledger) -> None:
        if not block.is_numbered:
            return
        were, are = self.facts(before, block.catalogue), self.facts(block.state, block.catalogue)
        self._waiting |= {key for key in were.keys() | are.keys() if were.get(key) != are.get(key)}
        terms = block.terms(self.challenge_id)
        if terms is None:
            return
        if terms != self._terms:
            self._waiting |= are.keys()
        for key in sorted(self._waiting):
            self.judge(key, block, terms, ledger)
        self._waiting.clear()
        self._terms = terms


class Event(NamedTuple):
    """Something that happened in a block, with what stood at its end."""

    moment: Moment
    state: State
    about: Any


class ByEvent(Challenge):
    """Each event once, by what stood at the end of its own block; while the challenge is off, events wait."""

    challenge_id: str

    def __init__(self) -> None:
        self._waiting: list[Event] = []

    @abstractmethod
    def happened(self, before: State, after: State) -> Iterable[Any]:
        """Return what happened, in the order in which it is judged."""

    @abstractmethod
    def judge(self, event: Event, terms: Terms, ledger: Ledger) -> None:
        """Write what an event earns."""

    def end_of_block(self, before: State, block: Block, ledger: Ledger) -> None:
        if block.is_numbered:
            moment = Moment(block.number, block.time)
            self._waiting += [Event(moment, block.state, about) for about in self.happened(before, block.state)]
        terms = block.terms(self.challenge_id)
        if terms is None or not block.is_numbered:
            return
        for event in self._waiting:
            if event.moment.number >= terms.starting_block:
                self.judge(event, terms, ledger)
        self._waiting.clear()


class ByChange(ByEvent):
    """One row a key, judged by the end of each block that changed anything of the key.

    A change while the challenge is off waits, and is judged by the end of its own block all the same.
    """

    @abstractmethod
    def facts(self, state: State) -> Mapping[Any, Hashable]:
        """Return by key what the judgement asks of the tables."""

    def happened(self, before: State, after: State) -> Iterable[Any]:
        were, are = self.facts(before), self.facts(after)
        return sorted(key for key in are if were.get(key) != are[key])


def grouped(rows: Iterable[Any], key: Callable[[Any], T], what: Callable[[Any], Hashable]) -> dict[T, frozenset[Any]]:
    """Return by key what there is of it."""
    found: dict[T, set[Any]] = {}
    for row in rows:
        found.setdefault(key(row), set()).add(what(row))
    return {one: frozenset(parts) for one, parts in found.items()}
