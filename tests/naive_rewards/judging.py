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

    @classmethod
    def of(cls, block: Block) -> "Moment":
        return cls(block.number, block.time)


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


class Followed(Challenge):
    """What changed since the challenge last looked is judged by the end of the block.

    While it is off it does not look: so what happened meanwhile is judged by the first block in which it is on again.
    """

    challenge_id: str

    def __init__(self) -> None:
        self._looked = State()
        self._terms: Terms | None = None

    @abstractmethod
    def changed(self, before: State, after: State, *, are_terms_other: bool) -> Iterable[Any]:
        """Return what is to be judged, in order."""

    @abstractmethod
    def judge(self, about: Any, block: Block, terms: Terms, ledger: Ledger) -> None:
        """Write what it earns."""

    def end_of_block(self, before: State, block: Block, ledger: Ledger) -> None:  # noqa: ARG002 - as its like
        terms = block.terms(self.challenge_id)
        if terms is None or not block.is_numbered:
            return
        for about in self.changed(self._looked, block.state, are_terms_other=terms != self._terms):
            self.judge(about, block, terms, ledger)
        self._looked, self._terms = block.state, terms


class ByKey(Followed):
    """One row a key, judged whenever anything of the key has changed, or of the terms."""

    @abstractmethod
    def facts(self, state: State) -> Mapping[Any, Hashable]:
        """Return by key what the judgement asks of the tables."""

    def changed(self, before: State, after: State, *, are_terms_other: bool) -> Iterable[Any]:
        were, are = self.facts(before), self.facts(after)
        return sorted(key for key in are if are_terms_other or were.get(key) != are[key])


def grouped(rows: Iterable[Any], key: Callable[[Any], T], what: Callable[[Any], Hashable]) -> dict[T, frozenset[Any]]:
    """Return by key what there is of it."""
    found: dict[T, set[Any]] = {}
    for row in rows:
        found.setdefault(key(row), set()).add(what(row))
    return {one: frozenset(parts) for one, parts in found.items()}
