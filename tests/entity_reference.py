"""The reference page of the wire pairs that are handled, made from the registry of handlers.

``PYTHONPATH=tests python -m entity_reference`` writes the page again.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path

from authority import ACCOUNT, KINDS, RULES, Rule
from sql_files import SOURCE

from backbeat.index.entities import ROUTES
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
[refused transactions](http.md#refused-transactions). What becomes of each field of a payload: [payloads](metadata.md).

## Who may sign

A transaction names a user and is signed by a wallet. Which wallets may sign depends on the pair:

{rules}

What becomes of the signers that there are, each with a transaction that is sound otherwise; a dash where it is taken. A
grant counts from the transaction that makes it to the one that ends it, in the same block too.

{signers}

How to add a handler: [add an entity](../howto/add-an-entity.md).
"""


def page() -> str:
    """Return the reference page."""
    rows = (_row(*pair, ROUTES[pair].handler) for pair in sorted(ROUTES, key=_place))
    return (
        HEAD
        + "".join(rows)
        + TAIL.format(
            rules="\n".join(_rules()),
            signers="\n".join(_signers()),
        )
    )


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


def _rules() -> Iterator[str]:
    yield "| rule | wire pairs | who may sign |\n|---|---|---|"
    yield from (f"| {rule.name} | {_pairs_of(rule)} | {rule.signs} |" for rule in RULES)


def _pairs_of(rule: Rule) -> str:
    if rule is ACCOUNT:
        return "all others"
    return ", ".join(f"`{pair}`" for pair in rule.pairs if tuple(pair.split("/")) in ROUTES)


def _signers() -> Iterator[str]:
    yield f"| signer | {' | '.join(rule.name for rule in RULES)} |\n|{'---|' * (1 + len(RULES))}"
    for name, kind in KINDS.items():
        yield f"| {name} | {' | '.join(f'`{code}`' if code else '-' for code in kind.outcomes)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
