"""Reads the tables of the network's schema from the domain document's own notation."""

import re
from dataclasses import dataclass

TYPES = {
    "varchar": "character varying",
    "varchar(255)": "character varying(255)",
    "int": "integer",
    "bool": "boolean",
    "ts": "timestamp without time zone",
    "tstz": "timestamp with time zone",
    "float8": "double precision",
    "int[]": "integer[]",
}
TABLE = re.compile(r"^- \*\*`(?P<name>\w+)`\*\* — (?P<keys>.*)\n  Columns: (?P<columns>.*)$", re.MULTILINE)
COLUMN = re.compile(r'^"?(?P<name>\w+)"?:(?P<rest>.*)$')


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    is_required: bool
    has_default: bool


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]  # those of plain columns over all rows
    blocks_cascade: bool


def tables(document: str) -> list[Table]:
    """Return the tables of section 7.1."""
    section = document.partition("### 7.1 ")[2].partition("### 7.2 ")[0]
    return [_table(found) for found in TABLE.finditer(section)]


def _table(found: re.Match[str]) -> Table:
    keys = found["keys"]
    primary_key = _names(keys.split("PK ", 1)[1])
    columns = tuple(_column(text, primary_key) for text in re.findall(r"`([^`]+)`", found["columns"]))
    listed = keys.partition("Indexes: ")[2].rstrip(".").split("; ")
    plain = tuple(_names(text) for text in listed if re.fullmatch(r'\([\w", ]+\)', text))
    return Table(found["name"], columns, primary_key, plain, "blocks(number) cascade" in keys)


def _names(text: str) -> tuple[str, ...]:
    """Return the names in the first parentheses."""
    inside = text[text.index("(") + 1 : text.index(")")]
    return tuple(name.strip().strip('"') for name in inside.split(","))


def _column(text: str, primary_key: tuple[str, ...]) -> Column:
    found = COLUMN.match(text)
    assert found, text
    declared, _, default = found["rest"].rstrip("!").partition(" =")
    declared = declared.rstrip("! ")
    is_serial = primary_key == ("id",) and found["name"] == "id"
    return Column(
        found["name"],
        TYPES.get(declared, declared),
        is_required=found["rest"].endswith("!") or "! =" in found["rest"] or found["name"] in primary_key,
        has_default=bool(default) or is_serial,
    )
