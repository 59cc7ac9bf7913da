"""What the doctor says of whose a database is, and of the triggers on one that is not ours."""

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from backbeat.codes import CheckName
from backbeat.db import kind
from backbeat.db.foreign_triggers import ForeignTrigger, named, read_triggers
from backbeat.db.kind import DatabaseKind, Found
from backbeat.observe.tree import Advice, Check


async def of_database(connection: AsyncConnection[Any], found: Found) -> Iterable[Check]:
    """Say what the database is, which ledgers and which triggers of other programs it has."""
    return [_kind(found), *(() if found.kind is DatabaseKind.OWN else _triggers(await read_triggers(connection)))]


def _kind(found: Found) -> Check:
    refusal = kind.refusal(found)
    if refusal is not None:
        return Check("database's kind", ok=False, detail=refusal.message, cure=refusal.cure)
    ledgers = [each for each in found.ledgers if each not in found.tables]  # some are tables of ours as well
    others = f" It has {', '.join(ledgers)} of another program as well." if ledgers else ""
    return Check("database's kind", ok=True, detail=f"It is Backbeat's.{others}")


def _triggers(triggers: list[ForeignTrigger]) -> Iterable[Check]:
    if counting := [each for each in triggers if each.forbids_blocks]:
        told = f"They count or tell what Backbeat does: {named(counting)}."
        cure = "`backbeat adopt --dry-run` tells which would be disabled."
        yield Advice(CheckName.TRIGGERS, ok=True, detail=told, cure=cure)
