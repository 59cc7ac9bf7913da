"""The table of settings in the reference, made of the fields of ``backbeat.settings`` and what is written under each.

``PYTHONPATH=tests python -m settings_page`` writes the page again.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from sql_files import SOURCE

import backbeat.settings
from backbeat.settings import Settings
from backbeat.settings_layers import PREFIX, SECRET_FIELDS, flat

PAGE = SOURCE.parent / "docs" / "reference" / "settings.md"
BEGIN = "<!-- made by tests/settings_page.py -->\n"
HEAD = """
| setting | default | environment | meaning |
|---|---|---|---|
"""
SEE = {  # where a setting is explained at length; the code says what it does
    "database.url": "[the address](../howto/use-your-own-postgresql.md#the-address)",
    "database.prepared_statements": "[Use PgBouncer](../howto/use-pgbouncer.md)",
    "chain.check_hashes": "[decision 0021](../decisions/0021-sources-and-replays.md)",
    "jobs.scores_mode": "[user scores](../explanation/scores.md)",
    "jobs.trending_mode": "[trending](../explanation/trending.md)",
    "jobs.trending_patience_seconds": "[trending](../explanation/trending.md)",
    "challenges.first_run": "[the first run](../explanation/challenges.md#the-first-run)",
    "web.hosts": "[names](http.md#names)",
}


def page() -> str:
    """Return the page: what people wrote up to a mark, and the table behind it."""
    written, _, _ = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return written + BEGIN + HEAD + "".join(_rows())


def meanings() -> dict[str, str]:
    """Return the text under each field, by the setting's dotted name; a field without one is missing."""
    tree = ast.parse(Path(backbeat.settings.__file__).read_text(encoding="utf-8"))
    texts = {node.name: dict(_texts(node)) for node in tree.body if isinstance(node, ast.ClassDef)}
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(Settings):
        if section := texts.get(getattr(field.type, "__name__", "")):
            found |= {f"{field.name}.{name}": text for name, text in section.items()}
        elif field.name in texts[Settings.__name__]:
            found[field.name] = texts[Settings.__name__][field.name]
    return found


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(node.body, node.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, " ".join(text.split()).removesuffix(".").replace("``", "`")


def _rows() -> Iterator[str]:
    texts = meanings()
    for name, default in flat(Settings()).items():
        variable = f"{PREFIX}{name.replace('.', '_').upper()}"
        see = f"; see {SEE[name]}" if name in SEE else ""
        secret = ". Secret" if name in SECRET_FIELDS else ""
        meaning = texts[name].replace("|", "\\|")
        yield f"| `{name}` | {_told(default)} | `{variable}` | {meaning}{see}{secret} |\n"


def _told(default: Any) -> str:
    if default in ("", [], (), {}):
        return "empty"
    return f"`{default}`" if isinstance(default, str) else f"`{msgspec.json.encode(default).decode()}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
