"""What the migrations make in an empty database, statement by statement: what an adopted database has to come to have.

An adopted database has most of it already, so each table, column, index and type is known by itself, with the very text
that makes it. Of the migrations only their plain forms are understood: a test holds what is read here to what a
migrated database has.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

import msgspec

from backbeat.adopt.definitions import Definition, bracketed, of_statement
from backbeat.db.migration_files import read as migrations
from backbeat.db.statements import split

OWN = "backbeat."
CREATED = re.compile(r"CREATE (?:UNIQUE )?(TABLE|TYPE|INDEX) (?:IF NOT EXISTS )?([\w.]+)")
TABLE = re.compile(r"CREATE TABLE ([\w.]+) (\(.*)", re.DOTALL)
LABELS = re.compile(r"'([^']*)'")
SEEDED = re.compile(r"(?:INSERT INTO|COMMENT ON TABLE) ([\w.]+)")
RULES = ("PRIMARY KEY", "UNIQUE", "CONSTRAINT", "CHECK", "FOREIGN KEY")
BEHIND_TYPE = re.compile(r"\s+(?:NOT NULL|NULL|DEFAULT|PRIMARY|REFERENCES|UNIQUE|CHECK|GENERATED)\b.*", re.DOTALL)
TYPES = {
    "varchar": "character varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "serial": "integer",
    "bigserial": "bigint",
}
"""Types as we write them, and as the server calls them."""


class Column(msgspec.Struct, frozen=True):
    """A column of a table."""

    name: str
    """Its name."""
    type: str
    """Its type, as the server calls it."""
    definition: str
    """Name, type and all that follows, as it stands in the migration."""
    is_generated: bool
    """Whether its value is computed from others and stored, so that adding it writes the whole table again."""


class Index(msgspec.Struct, frozen=True):
    """An index that a statement of its own makes."""

    name: str
    """Its name."""
    table: str
    """The table it is on."""
    statement: str
    """What makes it."""
    definition: Definition
    """What it holds, whatever its name."""

    @property
    def is_of_current_rows(self) -> bool:
        """Whether it allows one current row of each key."""
        return self.definition.is_unique and self.definition.predicate == "is_current"


class Table(msgspec.Struct, frozen=True):
    """A table of the network that migrations make."""

    name: str
    """Its name."""
    statement: str
    """What makes it."""
    columns: tuple[Column, ...]
    """Its columns, in order."""
    primary_key: tuple[str, ...]
    """The columns of its primary key."""
    unique_keys: tuple[tuple[str, ...], ...]
    """The columns of its other unique constraints."""
    storage: str
    """Its storage parameters, as they stand between the brackets; empty: none."""
    indexes: tuple[Index, ...]
    """Its indexes, but for those of keys."""

    @property
    def is_rewritten(self) -> bool:
        """Whether what it has and the network's lacks cannot be added without writing the whole table again."""
        return any(column.is_generated for column in self.columns)


class Enum(msgspec.Struct, frozen=True):
    """A type of the network that migrations make."""

    name: str
    """Its name."""
    labels: tuple[str, ...]
    """Its values, in order."""
    statement: str
    """What makes it."""


class Wanted(msgspec.Struct, frozen=True):
    """All that migrations make."""

    enums: Mapping[str, Enum]
    """Types of the network, by name."""
    tables: Mapping[str, Table]
    """Tables of the network, by name, in the order in which they may be made."""
    own: tuple[tuple[str, str, str], ...]
    """What is made in our own schema, in order: kind, name and statement. What fills or describes a table is of the
    kind ``seed`` and has the table's name."""


@cache
def wanted() -> Wanted:
    """Return what the migrations of this version make."""
    written = [each for migration in migrations().values() for each in split(migration.script)]
    statements = [*map(_bare, written)]
    enums = {each.name: each for each in map(_enum, statements) if each is not None}
    indexes = [each for each in map(_index, statements) if each is not None]
    tables = [each for each in (_table(statement, indexes) for statement in statements) if each is not None]
    return Wanted(enums, {table.name: table for table in tables}, tuple(_own(written)))


def _bare(statement: str) -> str:
    """Return a statement without remarks, its words one space apart."""
    return " ".join(re.sub(r"--[^\n]*", "", statement).split())


def _enum(statement: str) -> Enum | None:
    found = CREATED.match(statement)
    if found is None or found[1] != "TYPE" or found[2].startswith(OWN):
        return None
    return Enum(found[2], tuple(LABELS.findall(statement)), statement)


def _index(statement: str) -> Index | None:
    found = CREATED.match(statement)
    definition = of_statement(statement) if found is not None and found[1] == "INDEX" else None
    if found is None or definition is None or definition.table.startswith(OWN):
        return None
    return Index(found[2], definition.table, statement, definition)


def _table(statement: str, indexes: list[Index]) -> Table | None:
    found = TABLE.fullmatch(statement)
    if found is None or found[1].startswith(OWN):
        return None
    body, rest = bracketed(found[2])
    parts = list(_parts(body))
    rules = [part for part in parts if part.startswith(RULES)]
    columns = [part for part in parts if not part.startswith(RULES)]
    keys = [_names(rule) for rule in rules if rule.startswith("PRIMARY KEY")]
    keys += [(part.split()[0],) for part in columns if " PRIMARY KEY" in part]
    unique = [_names(rule) for rule in rules if re.match(r"(CONSTRAINT \w+ )?UNIQUE", rule)]
    unique += [(part.split()[0],) for part in columns if " UNIQUE" in part]
    return Table(
        name=found[1],
        statement=statement,
        columns=tuple(map(_column, columns)),
        primary_key=keys[0],
        unique_keys=tuple(unique),
        storage=bracketed(rest)[0] if rest.startswith(" WITH (") else "",
        indexes=tuple(index for index in indexes if index.table == found[1]),
    )


def _column(definition: str) -> Column:
    name, _, rest = definition.partition(" ")
    type_ = BEHIND_TYPE.sub("", rest)
    base = re.split(r"[(\[]", type_)[0]
    type_ = TYPES.get(base, base) + type_[len(base) :]
    return Column(name.strip('"'), type_, definition, "GENERATED ALWAYS" in rest)


def _names(rule: str) -> tuple[str, ...]:
    return tuple(name.strip().strip('"') for name in rule[rule.index("(") + 1 : rule.rindex(")")].split(","))


def _parts(body: str) -> Iterator[str]:
    """Yield what commas part that stand within no brackets and no quotes."""
    depth = start = 0
    quoted = False
    for at, character in enumerate(body):
        quoted ^= character == "'"
        if quoted:
            continue
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            yield body[start:at].strip()
            start = at + 1
    yield body[start:].strip()


def _own(written: list[str]) -> Iterator[tuple[str, str, str]]:
    for statement in written:
        bare = _bare(statement)
        made, filled = CREATED.match(bare), SEEDED.match(bare)
        if made and made[1] == "INDEX":
            definition = of_statement(bare)
            if definition is not None and definition.table.startswith(OWN):
                yield "index", OWN + made[2], statement
        elif made and made[2].startswith(OWN):
            yield made[1].lower(), made[2], statement
        elif filled and filled[1].startswith(OWN):
            yield "seed", filled[1], statement
