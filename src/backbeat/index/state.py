"""What a batch of blocks can see: rows loaded ahead, and over them what the batch already did.

Handlers read here and nowhere else. A key that was not loaded raises :class:`NotLoaded`; the batch loads it and runs
the handler again, so prefetching changes the speed and never the result.

A batch may be applied while the one before it is being written. Then what that one changed lies between, as if both
were one batch.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from backbeat.index.row import Change, Gone, Index, Past, Row, values_getter

R = TypeVar("R", bound=Row)

IDENTITY = ""  # the index name that stands for a row type's identity
SERIAL = ("id",)  # the identity of rows whose ids the database gives


class Key(NamedTuple):
    """Something to load: the rows of ``row`` whose ``by`` index equals ``value``."""

    row: type[Row]
    by: str
    value: tuple[Any, ...]


Place = tuple[type[Row], str, tuple[Any, ...]]
"""What a :class:`Key` is to a dict: the state looks up by plain tuples, which are made in a fraction of the time."""


class NotLoaded(Exception):  # noqa: N818 - control flow between a handler and its runner
    """A handler asked for keys that were not loaded yet."""

    def __init__(self, keys: Iterable[Key]) -> None:
        super().__init__()
        self.keys = tuple(keys)


class State:
    """A small partial copy of the base tables, private to one batch. No call costs more for what the batch did."""

    def __init__(self) -> None:
        self._buckets: dict[Place, dict[tuple[Any, ...], Row]] = {}
        self._current: dict[tuple[type[Row], tuple[Any, ...]], Row] = {}
        self._stored: dict[tuple[type[Row], tuple[Any, ...]], Row] = {}
        self._changes: dict[type[Row], dict[tuple[Any, ...], Change]] = {}
        self._changed: dict[Place, dict[tuple[Any, ...], Row]] = {}
        self._earlier: dict[type[Row], dict[tuple[Any, ...], list[Row]]] = {}
        self._born = 0
        self._before: State | None = None
        self._ids: dict[tuple[type[Row], int], int] = {}  # what stand-ins became when they were written
        self._given: set[tuple[type[Row], tuple[Any, ...]]] = set()  # the identities that these are

    def stand_on(self, before: "State") -> None:
        """See what is loaded from now on as ``before`` leaves it, whose rows are not in the database yet."""
        self._before = before
        self._born = before.born

    @property
    def born(self) -> int:
        """The last stand-in that was given, 0 before the first."""
        return self._born

    @property
    def ids(self) -> Mapping[tuple[type[Row], int], int]:
        """The ids that rows with stand-ins were written under, by type and stand-in."""
        return self._ids

    def give_id(self, row: Row, number: int) -> None:
        """Note under which id a row with a stand-in is written."""
        self._ids[type(row), row.key()[0]] = number
        self._given.add((type(row), (number,)))

    def has_changed(self, kind: type[Row], identity: tuple[Any, ...]) -> bool:
        """Tell whether the batch changed a row, under whatever id it is stored by now."""
        return self.change_of(kind, identity) is not None or (kind, identity) in self._given

    def has_any(self, kind: type[Row]) -> bool:
        """Tell whether the batch changed rows of a type."""
        return kind in self._changes

    def change_of(self, kind: type[Row], identity: tuple[Any, ...]) -> Change | None:
        """Return what the batch did to a row last, None if it did nothing."""
        return self._changes.get(kind, {}).get(identity)

    def changed(self, key: Key) -> Collection[Row]:
        """Return the rows that the batch changed and that have the key's values; what is absent is not among them."""
        if key.by != IDENTITY:
            return self._changed.get(key, {}).values()
        change = self.change_of(key.row, key.value)
        return (change,) if isinstance(change, Row) else ()

    def name_born(self) -> None:
        """Once what this state stands on is written, give its rows the ids that they got, and let go of it."""
        if self._before is None:
            return
        ids, self._before = self._before.ids, None
        if not ids:
            return
        for kind, changes in self._changes.items():
            if kind.identity == SERIAL:
                named = [_named(change, ids) for change in changes.values()]
                self._changes[kind] = {_row_of(change).key(): change for change in named}
        for key, rows in self._changed.items():
            if key[0].identity == SERIAL:
                self._changed[key] = {row.key(): row for row in (_row_of(_named(row, ids)) for row in rows.values())}

    def get(self, row: type[R], *identity: Any) -> R | None:
        """Return the current row of that identity, None if there is none."""
        for found in self._bucket((row, IDENTITY, identity)).values():
            return found  # type: ignore[return-value]  # the buckets of a key hold rows of its type
        return None

    def current(self, row: type[R], *identity: Any) -> R | None:
        """Return the current row of that identity, by whatever index it was loaded; None if there is none."""
        found = self._current.get((row, identity))
        return self.get(row, *identity) if found is None else found  # type: ignore[return-value]  # of that type

    def held(self, row: type[R], *identity: Any) -> R | None:
        """Return the current row of that identity if it is loaded, None if it is not, or is not there."""
        return self._current.get((row, identity))  # type: ignore[return-value]  # of that type

    def many(self, row: type[R], index: str, *value: Any) -> list[R]:
        """Return the rows whose ``index`` columns equal ``value``, in no particular order."""
        return list(self._bucket((row, index, value)).values())  # type: ignore[arg-type]  # as above

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
            identity = row.key()
            if key in fresh and identity not in self._changes.get(key.row, {}):
                if row.versioned and _is_superseded(row):
                    self._buckets[key][*identity, getattr(row, "txhash", "")] = row
                elif self._before is None or not self._before.has_changed(key.row, identity):
                    self._buckets[key][identity] = row
                    self._hold(key.row, identity, row)
        before = self._before
        for key in fresh:
            if before is not None and before.has_any(key.row) and (over := before.changed(key)):
                self._underlay(key, over)
            if key.row in self._changes:
                self._overlay(key)

    def _hold(self, kind: type[Row], identity: tuple[Any, ...], row: Row) -> None:
        """Take a row for the current one, and for what the database holds when this batch is written."""
        self._current[kind, identity] = row
        self._stored.setdefault((kind, identity), row)

    def _underlay(self, key: Key, rows: Iterable[Row]) -> None:
        """Lay what the batch before changed over a bucket that was just loaded, but for what this one changed again."""
        for row in rows:
            identity = row.key()
            if self.change_of(key.row, identity) is None:
                self._lay(key, row)
                if not _is_superseded(row):
                    self._hold(key.row, identity, row)

    def _overlay(self, key: Key) -> None:
        """Lay what the batch changed over a bucket that was just loaded."""
        for row in self.changed(key):
            self._lay(key, row)

    def _lay(self, key: Key, row: Row) -> None:
        if key.by == IDENTITY:
            self._buckets[key][_slot(row)] = row
        else:
            _put(self._buckets[key], _slot(row), row, key.row.indexes[key.by])

    def apply(self, changes: Iterable[Change]) -> None:
        """Make changes visible to the transactions that follow and remember them for the sink.

        Where the table keeps the first row of an identity, one that is known to be there already stays.
        """
        for change in changes:
            is_gone = isinstance(change, Gone)
            row = _row_of(change)
            kind, identity = type(row), row.key()
            if kind.keep_first and not is_gone and (kind, identity) in self._current:
                continue
            own = self._changes.get(kind)
            if own is None:
                own = self._changes[kind] = {}
            elif kind.past is not None:
                self._remember(own.get(identity), row, identity)
            self._hide(kind, identity)
            if not is_gone:
                self._show(kind, identity, row)
            own[identity] = change

    def _remember(self, before: Change | None, row: Row, identity: tuple[Any, ...]) -> None:
        """Keep what the batch made of a row in an earlier block: at the end of that, it was so."""
        if isinstance(before, Row) and block_of(before) != block_of(row):
            self._earlier.setdefault(type(row), {}).setdefault(identity, []).append(before)

    def judged(self) -> list[tuple[type[Row], Past]]:
        """Return those of the types whose rows the batch changed that have a history, and what that keeps."""
        return [(kind, kind.past) for kind in self._changes if kind.past is not None]

    def ends(self, kind: type[R]) -> Iterator[tuple[R, ...]]:
        """Yield what each row was that the batch changed: as stored, then at the ends of the blocks that changed it.

        Of a type that has a history. Rows that are deleted are passed over.
        """
        earlier = self._earlier.get(kind, {})
        for identity, change in self._changes.get(kind, {}).items():
            if isinstance(change, Row):
                stored = self._stored.get((kind, identity))
                made = (*earlier.get(identity, ()), change) if earlier else (change,)
                yield made if stored is None else (stored, *made)  # type: ignore[arg-type]  # all of its type

    def made(self, row: type[R], *identity: Any) -> R | None:
        """Return the row as the batch itself changed it, or the one that it stands on; None if neither did."""
        change = self.change_of(row, identity)
        if change is None and self._before is not None:
            return self._before.made(row, *identity)
        return None if change is None or isinstance(change, Gone) else change  # type: ignore[return-value]  # of that type

    def stored(self, row: Row) -> Row | None:
        """Return what the database held of a row when it was loaded, None if it was not, or is not there."""
        return self._stored.get((type(row), row.key()))

    def changes(self) -> dict[type[Row], list[Change]]:
        """Return the last change of every identity touched, by row type, in order of first touch."""
        return {row: list(by_key.values()) for row, by_key in self._changes.items()}

    def _bucket(self, place: Place) -> dict[tuple[Any, ...], Row]:
        try:
            return self._buckets[place]
        except KeyError:
            raise NotLoaded((Key(*place),)) from None

    def _hide(self, kind: type[Row], identity: tuple[Any, ...]) -> None:
        old = self._current.pop((kind, identity), None)
        self._buckets[kind, IDENTITY, identity] = {}
        if old is not None:
            for name in kind.indexes:
                key = kind, name, value_of(old, name)
                for answers in (self._buckets.get(key), self._changed.get(key)):
                    if answers:
                        answers.pop(identity, None)

    def _show(self, kind: type[Row], identity: tuple[Any, ...], row: Row) -> None:
        self._current[kind, identity] = row
        slot = (*identity, getattr(row, "txhash", "")) if _is_superseded(row) else identity
        self._buckets[kind, IDENTITY, identity][slot] = row
        for name, index in kind.indexes.items():
            key = kind, name, value_of(row, name)
            _put(self._changed.setdefault(key, {}), slot, row, index)
            if (bucket := self._buckets.get(key)) is not None:
                _put(bucket, slot, row, index)


def value_of(row: Row, index: str) -> tuple[Any, ...]:
    """Return the row's values of the index columns."""
    return values_getter(row.identity if index == IDENTITY else row.indexes[index].columns)(row)


def block_of(row: Row) -> int:
    """Return the block that a row was last written in; 0 where it names none."""
    return getattr(row, "blocknumber", None) or 0


def is_answer(row: Row, index: Index) -> bool:
    """Tell whether the index's conditions let the row be among the answers."""
    return not ((index.only and not getattr(row, index.only)) or (index.unless and getattr(row, index.unless)))


def _put(bucket: dict[tuple[Any, ...], Row], slot: tuple[Any, ...], row: Row, index: Index) -> None:
    """Add a row to the answers of a key, if it is one, and drop what is beyond the newest."""
    if not is_answer(row, index):
        return
    bucket[slot] = row
    if index.newest and len(bucket) > index.at_most:
        del bucket[min(bucket, key=lambda each: _age(bucket[each], index.newest))]


def is_unborn(row: Row) -> bool:
    """Tell whether a row has a stand-in for its serial id yet."""
    return row.identity == SERIAL and row.key() < (0,)


def _row_of(change: Change) -> Row:
    return change.row if isinstance(change, Gone) else change


def _named(change: Change, ids: Mapping[tuple[type[Row], int], int]) -> Change:
    """Return a change of a row that has an id by now with that id."""
    row = _row_of(change)
    known = ids.get((type(row), row.key()[0]))
    if known is None:
        return change
    return Gone(row.but(id=known)) if isinstance(change, Gone) else row.but(id=known)


def _age(row: Row, column: str) -> tuple[bool, Any]:
    value = getattr(row, column)
    return (value is None, 0 if value is None else value)


def _is_superseded(row: Row) -> bool:
    return row.versioned and not getattr(row, "is_current", True)


def _slot(row: Row) -> tuple[Any, ...]:
    return (*row.key(), getattr(row, "txhash", "")) if _is_superseded(row) else row.key()
