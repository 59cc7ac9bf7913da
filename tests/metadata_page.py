"""The reference page of payloads, made from the table that the handlers are tested with.

``PYTHONPATH=tests python -m metadata_page`` writes the page again.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fields.field import ABSENT, GROUPS, Cell, Field, Keeps, Pair, Sets
from fields.table import PAIRS
from sql_files import SOURCE

PAGE = SOURCE.parent / "docs" / "reference" / "metadata.md"
HEAD = """\
# Payloads

What becomes of each field of a payload, by wire pair. The table is that of the tests: `tests/fields` declares it from
the rules of the network, and `tests/unit/index/entities/test_payload_fields.py` sends every value of it to the handler.

| in the table | means |
|---|---|
| set | the column holds what was sent: a text without NUL and unpaired surrogates, a whole number cut toward zero |
| set to `x` | the column holds `x` |
| cleared | the column is NULL |
| none | there are no such rows |
| as not sent | the value counts as not sent: a new row has its default, an old one keeps what it holds |
| `code` | the transaction is refused, and changes nothing |
| `code`: 5 | this for the values named; for all others what stands before |
| - | no case of its own |

* NUL and unpaired surrogates are dropped before anything is judged; a text of nothing else is an empty one.
* *Another type* is each JSON type but those the field is for, empty lists and objects among them.
* *Too long* is one character, item or byte more than may be. Texts are counted in code points, so an emoji counts as a
  letter does.
* *Out of range* is 2^31, -2^31 - 1, 2^63, 10^40 and 1e308, where a column is an integer or the value an id.
* A key that is not in the table is ignored. Bounds without a rule of the network's are
  [our own](../decisions/0018-bounded-transactions.md).

Who may sign, and which pairs there are: [entities](entities.md).
"""
TRIED = tuple(group for group in GROUPS if group not in {"NUL, surrogates", "emoji"})
LONGEST = 60  # characters of a value
FILLED_MAX = 2
"""How many columns a line names."""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(line for pair in PAIRS for line in _section(pair))


def _section(pair: Pair) -> Iterator[str]:
    yield f"\n## {pair.name}\n\n"
    if pair.base:
        yield f"Beside what is tried, `{_json(dict(pair.base))}` is sent.\n\n"
    yield f"| field | fills | {' | '.join(TRIED)} |\n|{'---|' * (2 + len(TRIED))}\n"
    lines: dict[tuple[str, bool, bool], list[Field]] = {}
    for field in pair.fields:
        line = " | ".join(_group(pair, field, group) for group in TRIED)
        lines.setdefault((line, bool(field.column), "," in field.key), []).append(field)
    for (line, _, _), fields in lines.items():
        yield f"| {', '.join(f'`{field.key}`' for field in fields)} | {_fills(fields)} | {line} |\n"


def _fills(fields: list[Field]) -> str:
    columns = dict.fromkeys(f"`{field.column}`" for field in fields if field.column)
    if len(columns) <= FILLED_MAX:
        return ", ".join(columns) or "-"
    tables = dict.fromkeys(field.column.partition(".")[0] for field in fields if field.column)
    return f"its own column of {', '.join(f'`{table}`' for table in tables)}"


def _group(pair: Pair, field: Field, group: str) -> str:
    """Return what the values of a group come to: what most come to, and then those that do not."""
    cells = [cell for cell in field.cells if cell.group == group and cell.name != "as long as may be"]
    if not cells:
        return "-"
    came: dict[str, list[Cell]] = {}
    for cell in cells:
        came.setdefault(_word(pair, field, cell), []).append(cell)
    first = _word(pair, field, cells[0]) if group == "value" else max(came, key=lambda word: len(came[word]))
    rest = [f"{word}: {', '.join(_named(cell) for cell in came[word])}" for word in came if word != first]
    return "; ".join((first, *rest)).replace("|", "\\|")


def _word(pair: Pair, field: Field, cell: Cell) -> str:
    outcome = cell.outcome
    if isinstance(outcome, Keeps):
        return "as not sent" if cell.sent is not ABSENT else _unsent(pair, field)
    if not isinstance(outcome, Sets):
        return f"`{outcome.value}`"
    if field.reads and outcome.value == []:
        return "none"
    if outcome.value is None and cell.sent is not ABSENT:
        return "cleared"
    if cell.group == "too long" or _is_sent(outcome.value, cell.sent):
        return "set"
    return f"set to `{_json(outcome.value)}`"


def _unsent(pair: Pair, field: Field) -> str:
    if not field.column:
        return "-"
    if not pair.is_new:
        return "kept"
    return "none" if field.reads and field.default == [] else f"`{_json(field.default)}`"


def _is_sent(stored: Any, sent: Any) -> bool:
    if isinstance(stored, int) and isinstance(sent, float):
        return int(sent) == stored
    return bool(stored == (tuple(sent) if isinstance(stored, tuple) and isinstance(sent, list) else sent))


def _named(cell: Cell) -> str:
    return cell.name or (f"`{_json(cell.sent)}`" if cell.group == "value" else "else")


def _json(value: Any) -> str:
    """Return a value as the page shows it: short, on one line."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if value is None:
        return "NULL"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
