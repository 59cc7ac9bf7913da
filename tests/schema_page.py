"""The reference page of the schema, made of its files.

``PYTHONPATH=tests python -m schema_page`` writes it again.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sql_files import SOURCE

from backbeat.db.migration_files import read as migrations
from backbeat.db.objects import KINDS, SchemaObject
from backbeat.db.objects import read as objects

PAGE = SOURCE.parent / "docs" / "reference" / "schema.md"
BEGIN = "<!-- made by tests/schema_page.py -->\n"
TITLES = {
    "functions": "Functions",
    "views": "Views",
    "triggers": "Triggers, by their function",
    "captures": "Captures, by the stream of the change log that they write to",
}
TABLE = re.compile(r"((?:^--[^\n]*\n)*)^CREATE TABLE ([\w.]+) \(", re.MULTILINE)
LEAD = re.compile(r"\A((?:^--[^\n]*\n)+)", re.MULTILINE)
REMARK = re.compile(r"COMMENT ON \w+ [^']*? IS\n?\s*((?:'(?:[^']|'')*'\s*)+);", re.DOTALL)
TRIGGER = re.compile(r"^CREATE (?:OR REPLACE|CONSTRAINT) TRIGGER \w+ (.*?)\bON ([\w.]+)", re.MULTILINE | re.DOTALL)
CAPTURED = re.compile(r"^SELECT backbeat\.capture(?:_edits)?\(\s*'([\w.]+)'", re.MULTILINE)


def page() -> str:
    """Return the page: what people wrote up to a mark, and the lists behind it."""
    written, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return written + BEGIN + "\n" + "\n".join((*_tables(), *_objects())).rstrip() + "\n"


def _tables() -> Iterator[str]:
    yield "## Tables, by migration\n"
    for migration in migrations().values():
        lead = LEAD.match(migration.script)
        yield f"### {migration.label}\n"
        yield f"{_plain(lead[1]) if lead else ''}\n"
        found = [(name, _plain(remark)) for remark, name in TABLE.findall(migration.script)]
        if plain := [f"`{name}`" for name, remark in found if not remark]:
            yield f"Tables: {', '.join(plain)}\n"
        if told := [f"| `{name}` | {_cell(remark)} |" for name, remark in found if remark]:
            yield "\n".join(("| table | |", "|---|---|", *told, ""))


def _objects() -> Iterator[str]:
    for kind in KINDS:
        yield f"## {TITLES[kind]}\n"
        yield f"| `db/schema/{kind}/` | |\n|---|---|"
        yield from (f"| `{key.name}` | {_cell(_said(each))} |" for key, each in objects().items() if key.kind == kind)
        yield ""


def said(each: SchemaObject) -> str:
    """Return what an object's file says that it is: its remark in the database, or the beginning of the file."""
    remark, lead = REMARK.search(each.script), LEAD.match(each.script)
    if remark:
        return " ".join("".join(re.findall(r"'((?:[^']|'')*)'", remark[1])).replace("''", "'").split())
    return _plain(lead[1]) if lead else ""


def _said(each: SchemaObject) -> str:
    tables = dict.fromkeys(table for _, table in TRIGGER.findall(each.script)) or CAPTURED.findall(each.script)
    of = f" (on {', '.join(f'`{table}`' for table in tables)})" if tables else ""
    return said(each) + of


def _plain(remark: str) -> str:
    """Return the first paragraph of a remark on one line."""
    lines = [line.removeprefix("--").strip() for line in remark.splitlines()]
    lines = [line for line in lines if not line.startswith(("backbeat:", "after:"))]
    text = "\n".join(lines).strip().partition("\n\n")[0]
    return " ".join(text.split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    Path(PAGE).write_text(page(), encoding="utf-8")
