"""Every SQL file of the program, and each as PostgreSQL would see it: placeholders numbered, templates filled."""

import re
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[1] / "src"

# What stands in a template's place for a name, unless a name cannot stand there.
FILLER = "filled"
FILLERS = {
    "partial": "",
    "resolution": "NOTHING",
    "password": "'filled'",
    "assignments": "filled = 1",
    "typed": "filled int",
    "at_most": "1",
    "together": "SELECT",
    "apart": "",
    "rules": "SELECT",
    "window": "SELECT",
    "probe": "SELECT",
    "sources": "SELECT",
    "stays": "NULL",
    "used": "SELECT",
    "schedule": "SELECT",
    "additions": "ADD COLUMN filled int",
    "label": "'filled'",
    "when": "",
    "all_of_it": "SELECT",
    "every_table": "SELECT",
    "of_kind": "=",
}

_VALUE = re.compile(r"(?<!%)%(?:\((\w+)\))?[sbt]")
NAME = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


class SqlFile(NamedTuple):
    path: Path

    @property
    def label(self) -> str:
        return str(self.path.relative_to(SOURCE))

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def is_migration(self) -> bool:
        return self.path.parent.name == "migrations"

    @property
    def is_object(self) -> bool:
        """Tell whether it is one of the functions, views, triggers and captures of the schema."""
        return self.path.parent.parent.name == "schema"

    @property
    def is_view(self) -> bool:
        return self.is_object and self.path.parent.name == "views"

    @property
    def is_script(self) -> bool:
        """Tell whether it is run as it stands, and may hold several statements."""
        return self.is_migration or self.is_object or self.path.parent.name == "network_shapes"

    @property
    def is_template(self) -> bool:
        return not self.is_script and bool(NAME.search(self.text))

    @property
    def plain(self) -> tuple[str, int]:
        """The text without placeholders, and how many values it takes."""
        return (self.text, 0) if self.is_script else plain(self.text)


def sql_files() -> list[SqlFile]:
    return [SqlFile(path) for path in sorted(SOURCE.rglob("*.sql"))]


def plain(text: str) -> tuple[str, int]:
    """Return the text of a statement without placeholders, and how many values it takes."""
    return numbered(_filled(text))


def _filled(text: str) -> str:
    if not NAME.search(text):
        return text
    filled = NAME.sub(lambda found: FILLERS.get(found[1], FILLER), text)
    return filled.replace("{{", "{").replace("}}", "}")


def numbered(text: str) -> tuple[str, int]:
    """Return the text of a statement without placeholders for values, and how many there are."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1] or f"at {found.start()}"
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    numbered = _VALUE.sub(number, text)
    # The driver halves doubled percent signs only where values are bound.
    return (numbered.replace("%%", "%"), len(numbers)) if numbers else (text, 0)
