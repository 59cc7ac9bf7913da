"""What a batch of blocks can see: rows loaded ahead, and over them what the batch already did.

Handlers read here and nowhere else. A key that was not loaded raises :class:`NotLoaded`; whoever runs the handler
loads it and runs the handler again, so prefetching is a matter of speed, never of correctness.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

from backbeat.index.row import Change, Gone, Row

R = TypeVar("R", bound=Row)

IDENTITY = ""  # the index name that stands for a row type's identity


class Key(NamedTuple):
    """Something to load: the rows of ``row`` whose ``by`` index equals ``value``."""

    row: type[Row]
    by: str
    value: tuple[Any, ...]


class NotLoaded(Exception):  # noqa: N818 - control flow between a handler and its runner
    """A handler asked for keys that were not loaded yet."""

    def __init__(self, keys: Iterable[Key]) -> None:
        super().__init__()
        self.keys = tuple(keys)


class State:
    """A small partial copy of the base tables, private to one batch."""

    def __init__(self) -> None:
        self._buckets: dict[Key, dict[tuple[Any, ...], Row]] = {}
        self._current: dict[tuple[type[Row], tuple[Any, ...]], Row] = {}
        self._changes: dict[type[Row], dict[tuple[Any, ...], Change]] = {}
        self._born = 0

    def get(self, row: type[R], *identity: Any) -> R | None:
        """Return the current row of that identity, None if there is none."""
        for found in self._bucket(Key(row, IDENTITY, identity)).values():
            return found  # type: ignore[return-value]  # the buckets of a key hold rows of its type
        return None

    def many(self, row: type[R], index: str, *value: Any) -> list[R]:
        """Return the rows whose ``index`` columns equal ``value``, in no particular order."""
        return list(self._bucket(Key(row, index, value)).values())  # type: ignore[arg-type]  # as above

    def need(self, keys: Iterable[Key]) -> None:
        """Make sure that all of ``keys`` are loaded: for reads that only other reads can name, in one go."""
        if missing := self.missing(keys):
            raise NotLoaded(missing)

    def fresh_id(self) -> int:
        """Return a negative stand-in for a serial id; the sink replaces it when it writes."""
        self._born -= 1
        return self._born

    def missing(self, keys: Iterable[Key]) -> set[Key]:
        """Return those keys that still have to be loaded."""
        return {key for key in keys if key not in self._buckets}

    def fill(self, keys: Iterable[Key], rows: Iterable[tuple[Key, Row]]) -> None:
        """Take what the database answered for ``keys``; a key without a row is known to be absent from now on.

        What the batch already changed wins over what the database still says.
        """
        fresh = self.missing(keys)
        for key in fresh:
            self._buckets[key] = {}
        for key, row in rows:
            if key in fresh and row.key() not in self._changes.get(key.row, {}):
                self._buckets[key][_slot(row)] = row
                if not _is_superseded(row):
                    self._current[key.row, row.key()] = row
        for row_type, by in {(key.row, key.by) for key in fresh}:
            for change in self._changes.get(row_type, {}).values():
                if isinstance(change, Row) and (key := Key(row_type, by, value_of(change, by))) in fresh:
                    self._buckets[key][_slot(change)] = change

    def apply(self, changes: Iterable[Change]) -> None:
        """Make changes visible to the transactions that follow and remember them for the sink."""
        for change in changes:
            row = change.row if isinstance(change, Gone) else change
            self._hide(type(row), row.key())
            if isinstance(change, Row):
                self._show(change)
            self._changes.setdefault(type(row), {})[row.key()] = change

    def changes(self) -> dict[type[Row], list[Change]]:
        """Return the last change of every identity touched, by row type, in order of first touch."""
        return {row: list(by_key.values()) for row, by_key in self._changes.items()}

    def _bucket(self, key: Key) -> dict[tuple[Any, ...], Row]:
        try:
            return self._buckets[key]
        except KeyError:
            raise NotLoaded((key,)) from None

    def _hide(self, row: type[Row], identity: tuple[Any, ...]) -> None:
        old = self._current.pop((row, identity), None)
        self._buckets.setdefault(Key(row, IDENTITY, identity), {}).clear()
        if old is not None:
            for index in row.indexes:
                self._buckets.get(Key(row, index, value_of(old, index)), {}).pop(identity, None)

    def _show(self, row: Row) -> None:
        self._current[type(row), row.key()] = row
        for index in (IDENTITY, *row.indexes):
            bucket = self._buckets.get(Key(type(row), index, value_of(row, index)))
            if bucket is not None:
                bucket[row.key()] = row


def value_of(row: Row, index: str) -> tuple[Any, ...]:
    """Return the row's values of the index columns."""
    columns = row.identity if index == IDENTITY else row.indexes[index].columns
    return tuple([getattr(row, name) for name in columns])


def _is_superseded(row: Row) -> bool:
    return row.versioned and not getattr(row, "is_current", True)


def _slot(row: Row) -> tuple[Any, ...]:
    return (*row.key(), getattr(row, "txhash", "")) if _is_superseded(row) else row.key()
