"""The statements over a subject: its keys in order, those that blocks changed, and the rows of keys."""

from collections.abc import Mapping, Sequence

import msgspec
from psycopg.sql import SQL, Composable, Composed, Identifier, Placeholder

from backbeat.db.sql import compose, load
from backbeat.watch.subjects import ASIDE, Subject

COLUMNS = load(__package__, "columns.sql")

Key = tuple[str, ...]
"""The values of a key, as text."""


class Column(msgspec.Struct, frozen=True):
    """A column of a table in one of the databases."""

    table_name: str
    name: str
    is_json: bool


class Shape(msgspec.Struct, frozen=True):
    """A subject as it is read in one of the databases."""

    subject: Subject
    source: Composable
    columns: tuple[str, ...]
    json: frozenset[str]

    def next_keys(self, after: Key | None) -> Composed:
        """Return the statement of the keys behind ``after``; its values are ``k0`` and so on, and ``limit``."""
        names = list(self.subject.key)
        order = SQL(", ").join(Identifier("r", name) for name in names)
        bound = SQL("true")
        if after is not None:
            given = SQL(", ").join(_typed(Placeholder(f"k{n}"), self.subject.key[name]) for n, name in enumerate(names))
            bound = SQL("({}) > ({})").format(order, given)  # type: ignore[assignment]  # a template filled in
        return compose(__package__, "range.sql", key=self._key, all_of_it=self.source, after=bound, order=order)

    def changed(self) -> Composed:
        """Return the statement of the keys that blocks changed; its values are ``above`` and ``limit``."""
        return compose(
            __package__, "changed.sql", key=self._key, all_of_it=self.source, stamp=Identifier(self.subject.stamp)
        )

    def lookup(self) -> Composed:
        """Return the statement of the rows of keys; its values are ``k0`` and so on, arrays of text."""
        names = list(self.subject.key)
        asked = [f"k{n}" for n in range(len(names))]
        arrays = SQL(", ").join(_typed(Placeholder(name), "text[]") for name in asked)
        match = SQL(" AND ").join(
            SQL("{} = {}").format(Identifier("r", name), _typed(Identifier("asked", given), self.subject.key[name]))
            for name, given in zip(names, asked, strict=True)
        )
        return compose(
            __package__,
            "lookup.sql",
            arrays=arrays,
            names=SQL(", ").join(map(Identifier, asked)),
            key=self._key,
            values=SQL(", ").join(self._value(name) for name in self.columns),
            all_of_it=self.source,
            match=match,
        )

    @property
    def _key(self) -> Composable:
        return SQL(", ").join(_typed(Identifier("r", name), "text") for name in self.subject.key)

    def _value(self, name: str) -> Composable:
        column: Composable = Identifier("r", name)
        return compose(__package__, "value.sql", value=_typed(column, "jsonb") if name in self.json else column)


def shapes(subject: Subject, here: Sequence[Column], there: Sequence[Column]) -> tuple[Shape, Shape]:
    """Return how a subject is read here and there: the columns that both have."""
    mine, others = ({each.name: each for each in side if each.table_name == subject.table} for side in (here, there))
    columns = subject.columns
    if subject.table:
        both = mine.keys() & others.keys()
        columns = tuple(name for name in columns or sorted(both - ASIDE.keys() - subject.key.keys()) if name in both)
    json = (frozenset(name for name, column in side.items() if column.is_json) for side in (mine, others))
    return (
        Shape(subject, subject.here, columns, next(json)),
        Shape(subject, subject.there, columns, next(json)),
    )


def key_values(subject: Subject, key: Key) -> Mapping[str, str]:
    """Return a key as values of :meth:`Shape.next_keys`."""
    return {f"k{n}": key[n] for n in range(len(subject.key))}


def key_arrays(subject: Subject, keys: Sequence[Key]) -> Mapping[str, list[str]]:
    """Return keys as values of :meth:`Shape.lookup`."""
    return {f"k{n}": [key[n] for key in keys] for n in range(len(subject.key))}


def _typed(value: Composable, kind: str) -> Composable:
    return SQL("{}::{}").format(value, SQL(kind))
