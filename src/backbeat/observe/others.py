"""What other programs did to a database of ours beside which no block is written, as checks of status and doctor.

The block loop looks at the same, and ends (:mod:`backbeat.index.guard`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import AsyncConnection

from backbeat.beside.frontier import PlayAhead, fault_of, foreign_chain, play_ahead, standing
from backbeat.codes import CheckName
from backbeat.db import another_writer, foreign_triggers, written_tables
from backbeat.db.foreign_triggers import ForeignTrigger
from backbeat.db.written_tables import Fault, WrittenTable
from backbeat.errors import BackbeatError
from backbeat.observe.tree import Advice, Check

NAMED_MAX = 5  # faults of tables that a check names


async def of_others(connection: AsyncConnection[Any], tables: Sequence[WrittenTable]) -> tuple[Check, ...]:
    """Hold triggers, the bookkeeping, and ``tables`` as the block loop knows them to what it needs.

    Where another program writes the blocks and jobs run beside it, nothing of that is at fault but that it does not go
    on from where it was.
    """
    if (chain_id := await foreign_chain(connection)) is not None:
        told = f"Another indexer writes the blocks of {chain_id!r}, and its triggers count; our jobs run beside it."
        look = await standing(connection)
        return (
            Check(CheckName.TRIGGERS, ok=True, detail=told),
            _judged(CheckName.WRITER, fault_of(look) if look else None, "It goes on from where it was."),
            *_play(await play_ahead(connection)),
        )
    return (
        *_triggers(await foreign_triggers.read_triggers(connection)),
        _judged(CheckName.WRITER, await another_writer.refusal(connection), "Nobody else indexes the chain here."),
        _tables(await written_tables.faults(connection, tables)),
    )


def _play(ahead: PlayAhead | None) -> Iterator[Check]:
    if ahead is not None:
        yield Advice(
            CheckName.SLOTS,
            ok=True,
            detail=f"The play {ahead.play_id} has the slot {ahead.slot}, and the chain is at {ahead.height}. It counts "
            "like a play without a slot; jobs went on.",
            cure="Find out what wrote it, and give it the slot of its block, or none, as the tables' owner.",
        )


def _triggers(triggers: list[ForeignTrigger]) -> Iterator[Check]:
    counting = [each for each in triggers if each.forbids_blocks]
    refusal = foreign_triggers.refusal(counting) if counting else None
    telling = [each for each in triggers if each.slows_blocks]
    if refusal is not None or not telling:
        yield _judged(CheckName.TRIGGERS, refusal, "None does what ours do.")
    if telling:
        yield Advice(
            CheckName.TRIGGERS,
            ok=True,
            detail=f"They tell listeners of each row: {foreign_triggers.named(telling)}.",
            cure="They cost time at each commit and harm nothing. Unless a search index or a cache listens, disable "
            "them.",
        )


def _tables(faults: Sequence[Fault]) -> Check:
    refusals = [written_tables.refusal(fault) for fault in faults]
    check = _judged(CheckName.TABLES, next(iter(refusals), None), "Their columns and keys are as blocks need them.")
    if len(refusals) < 2:  # noqa: PLR2004 - one is told whole, more are told together
        return check
    more = len(refusals) - NAMED_MAX
    told = " ".join(each.message for each in refusals[:NAMED_MAX]) + (f" And {more} more." if more > 0 else "")
    return Check(CheckName.TABLES, ok=False, detail=told, cure=check.cure)


def _judged(name: str, refusal: BackbeatError | None, fine: str) -> Check:
    if refusal is None:
        return Check(name, ok=True, detail=fine)
    return Check(name, ok=False, detail=refusal.message, cure=refusal.cure)
