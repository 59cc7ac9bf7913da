"""What the doctor says of whose a database is, and of what other programs left on its tables."""

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from backbeat.beside.frontier import foreign_chain
from backbeat.codes import CheckName
from backbeat.db import foreign_triggers, kind
from backbeat.db.foreign_triggers import ForeignTrigger, Harm
from backbeat.db.kind import DatabaseKind, Found
from backbeat.observe.tree import Advice, Check


async def of_database(connection: AsyncConnection[Any], found: Found) -> Iterable[Check]:
    """Say what the database is, which ledgers and which triggers of other programs it has."""
    is_own = found.kind is DatabaseKind.OWN
    if is_own and (chain_id := await foreign_chain(connection)) is not None:
        told = (
            f"Another indexer writes the blocks of {chain_id!r}, and its triggers count; Backbeat runs jobs beside it."
        )
        return [_kind(found), Check(CheckName.TRIGGERS, ok=True, detail=told)]
    triggers = await foreign_triggers.read_triggers(connection)
    return [_kind(found), *_triggers(found, triggers)]


def _kind(found: Found) -> Check:
    refusal = kind.refusal(found)
    if refusal is not None:
        return Check("database's kind", ok=False, detail=refusal.message, cure=refusal.cure)
    others = f" It has {', '.join(found.ledgers)} of another program as well." if found.ledgers else ""
    return Check("database's kind", ok=True, detail=f"It is Backbeat's.{others}")


def _triggers(found: Found, triggers: list[ForeignTrigger]) -> Iterable[Check]:
    name = CheckName.TRIGGERS
    is_own = found.kind is DatabaseKind.OWN
    counting = [each for each in triggers if each.forbids_blocks]
    if counting and is_own:
        refusal = foreign_triggers.refusal(counting)
        yield Check(name, ok=False, detail=refusal.message, cure=refusal.cure)
    elif counting:
        told = f"They count what a block changes: {foreign_triggers.named(counting)}."
        yield Advice(name, ok=True, detail=told, cure="`backbeat adopt --dry-run` tells which would be disabled.")
    if telling := [each for each in triggers if each.is_enabled and each.harm == Harm.NOTIFIES and is_own]:
        yield Advice(
            name,
            ok=True,
            detail=f"They tell listeners of each row: {foreign_triggers.named(telling)}.",
            cure="They cost time at each commit and harm nothing. Unless a search index or a cache listens, disable "
            "them.",
        )
