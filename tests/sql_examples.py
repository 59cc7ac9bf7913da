"""What the program makes of its templates: every statement that it holds, found by walking through it."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

import msgspec
from psycopg.sql import Composable
from sql_files import NAME, SqlFile

import backbeat
from backbeat.incremental import due, feed, matview, recurring, rolling, sweep
from backbeat.incremental.due import Due
from backbeat.incremental.feed import BlockFeed
from backbeat.incremental.ledger import Ledger
from backbeat.incremental.ranges import Ranged
from backbeat.incremental.recurring import Recurring
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.sweep import Sweep

MADE_WHEN_USED: Mapping[type, Callable[[Any], bytes]] = {
    BlockFeed: lambda it: feed._window(it.table, it.stamp),
    Due: lambda it: due._window(it.table, it.column),
    Ledger: lambda it: it.moving(2),
    Recurring: lambda it: recurring._window(it.table, it.column, it.time_of_day),
    Rolling: lambda it: rolling._slice(it.table, it.column),
    Sweep: lambda it: sweep._window(it.table, it.column),
}
"""What makes its statement at the first use: how."""

REFRESHES = (
    matview._blocking("public.trending_params").as_string(),
    matview._concurrent("public.trending_params").as_string(),
)


def statements() -> list[str]:
    """Return every text that the program holds: statements, parts of statements and other things."""
    found = dict[str, None]()
    for part in _parts(_modules()):
        if isinstance(part, Composable):
            found[part.as_string()] = None
        elif isinstance(part, str):
            found[part] = None
        elif isinstance(part, Ranged):
            found |= {statement.as_string(): None for statement in part.statements()}
        elif isinstance(part, bytes):
            found[part.decode(errors="replace")] = None
        elif make := MADE_WHEN_USED.get(type(part)):
            found[make(part).decode()] = None
    return list(found)


def made_of(template: SqlFile, texts: Iterable[str]) -> list[str]:
    """Return those of ``texts`` that the template was filled for."""
    chunks = [chunk.replace("{{", "{").replace("}}", "}") for chunk in re.split(NAME, template.text)[::2]]
    shape = re.compile(".*?".join(re.escape(chunk.strip()) for chunk in chunks), re.DOTALL)
    left = {f"{{{name}}}" for name in re.findall(NAME, template.text)}
    return [text for text in texts if shape.search(text) and not any(name in text for name in left)]


def _modules() -> list[ModuleType]:
    names = [each.name for each in pkgutil.walk_packages(backbeat.__path__, "backbeat.")]
    return [importlib.import_module(name) for name in names if not name.endswith("__main__")]


def _parts(roots: Iterable[object]) -> Iterator[object]:
    waiting, seen = list(roots), set[int]()
    kept = list[object]()  # so that no identity is used twice
    while waiting:
        part = waiting.pop()
        if id(part) not in seen:
            seen.add(id(part))
            kept.append(part)
            yield part
            waiting.extend(_within(part))


def _within(part: object) -> Iterable[object]:
    ours = type(part).__module__.startswith("backbeat")
    match part:
        case str() | bytes() | Composable() | type():
            found: Iterable[object] = ()
        case Mapping():
            found = part.values()
        case tuple() | list() | set() | frozenset():
            found = part
        case MethodType():
            found = (part.__self__,)
        case partial():
            found = (part.func, *part.args, *part.keywords.values())
        case FunctionType():
            found = [cell.cell_contents for cell in part.__closure__ or ()]
        case ModuleType():
            found = vars(part).values() if part.__name__.startswith("backbeat") else ()
        case msgspec.Struct():
            found = [getattr(part, name) for name in part.__struct_fields__]
        case _:
            found = vars(part).values() if ours and hasattr(part, "__dict__") else ()
    return found
