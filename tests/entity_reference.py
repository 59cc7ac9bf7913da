"""The reference page of the wire pairs that are handled, made from the registry of handlers.

``PYTHONPATH=tests python -m entity_reference`` writes the page again.
"""

import inspect
from collections.abc import Iterable
from pathlib import Path

from sql_files import SOURCE

from backbeat.index.entities import ROUTES
from backbeat.index.wire.names import ENTITY_TYPES
from backbeat.index.wire.routing import ANY_TYPE, Handler

PAGE = SOURCE.parent / "docs" / "reference" / "entities.md"
CODE = "../../src"
HEAD = """\
# Entities

An entity transaction names an entity type and an action, the *wire pair*. These pairs are handled; `*` stands for every
entity type, and the handler then looks at the type itself. The table is made from the handlers' registry.

| entity type | action | does | handler |
|---|---|---|---|
"""
TAIL = """
All other pairs are rejected as `unsupported_entity`, counted, and kept with their bytes: see
[refused transactions](http.md#refused-transactions). These entity types of the
network have no handler of their own:

{others}

How to add a handler: [add an entity](../howto/add-an-entity.md).
"""


def page() -> str:
    """Return the reference page."""
    rows = (_row(*pair, ROUTES[pair].handler) for pair in sorted(ROUTES, key=_place))
    return HEAD + "".join(rows) + TAIL.format(others=_listed(ENTITY_TYPES - {kind for kind, _ in ROUTES}))


def _place(pair: tuple[str, str]) -> tuple[bool, str, str, int]:
    """Put pairs in the order of their handlers: by type, then as they stand in their files."""
    code = ROUTES[pair].handler.__code__
    return pair[0] == ANY_TYPE, pair[0], code.co_filename, code.co_firstlineno


def _row(entity_type: str, action: str, handler: Handler) -> str:
    module = Path(*handler.__module__.split("."))
    does = (inspect.getdoc(handler) or "").partition("\n")[0]
    return (
        f"| `{entity_type}` | `{action}` | {does} | [`{module.parent.name}/{module.name}.py`]({CODE}/{module}.py) |\n"
    )


def _listed(names: Iterable[str]) -> str:
    return "\n".join(f"* `{name}`" for name in sorted(names))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
