"""What an adoption disabled and somebody enables again is named: by the block loop, the doctor and the status.

Numbers are those of the trials of an adoption (domain: adoption, 7).
"""

import asyncio
from typing import Any

import psycopg
import pytest
from integration.adopt.audience import adopted
from integration.adopt.conftest import HANDED_OVER, index_up_to
from psycopg import AsyncConnection

from backbeat.codes import CheckName
from backbeat.db.query import one
from backbeat.errors import UnfitDatabaseError
from backbeat.index.guard import ENABLED, WRITTEN_TABLES, Known
from backbeat.observe.others import of_others
from backbeat.observe.tree import Advice, Check
from builders.indexing import rows
from builders.terminal import backbeat

pytestmark = pytest.mark.newest

DISABLED = "SELECT table_name, name FROM backbeat.adopted_triggers WHERE name {} LIKE 'trg%%' ORDER BY 1, 2"
STATE = "SELECT tgenabled::text FROM pg_trigger WHERE tgname = %s"
AGAIN = """
    SELECT pg_get_functiondef(tgfoid), pg_get_triggerdef(pg_trigger.oid)
    FROM pg_trigger WHERE tgname = %s
"""


async def disabled(connection: AsyncConnection[Any], *, telling: bool) -> list[tuple[str, str]]:
    """Return the triggers that an adoption disabled, with their tables: those that tell listeners, or the others."""
    return await rows(connection, DISABLED.format("" if telling else "NOT"))


async def switched(connection: AsyncConnection[Any], trigger: tuple[str, str], how: str) -> None:
    await connection.execute(f"ALTER TABLE {trigger[0]} {how} TRIGGER {trigger[1]}".encode())


async def of_triggers(connection: AsyncConnection[Any]) -> Check:
    """Return what doctor and status say of triggers."""
    [told] = [each for each in await of_others(connection, WRITTEN_TABLES) if each.name == CheckName.TRIGGERS]
    return told


async def height(connection: AsyncConnection[Any]) -> int:
    return int((await rows(connection, "SELECT max(height) FROM core_indexed_blocks"))[0][0])


async def test_t5_each_that_counts_or_tells_stops_the_loop_and_fails_a_check(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    triggers = await disabled(foreign, telling=False)
    assert len(triggers) == 11
    for trigger in triggers:
        await switched(foreign, trigger, "ENABLE")
        with pytest.raises(UnfitDatabaseError) as refused:
            await index_up_to(foreign_url, HANDED_OVER + 1)
        told = await of_triggers(foreign)
        assert refused.value.code == "foreign_trigger_enabled"
        assert ".".join(trigger) in refused.value.message
        assert (told.ok, told.detail) == (False, refused.value.message)
        await switched(foreign, trigger, "DISABLE")
    assert (await of_triggers(foreign)).ok
    assert await height(foreign) == HANDED_OVER
    await index_up_to(foreign_url, HANDED_OVER + 1)


async def test_t5_doctor_and_status_name_all_of_them(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    await adopted(foreign)
    triggers = await disabled(foreign, telling=False)
    for trigger in triggers:
        await switched(foreign, trigger, "ENABLE")
    for verb in ("doctor", "status"):
        told = " ".join((await asyncio.to_thread(backbeat, verb, "--database", foreign_url)).out.split())
        assert "FAIL triggers of other programs" in told
        for trigger in triggers:
            assert ".".join(trigger) in told, verb


async def test_t5_those_that_tell_listeners_are_named_and_stop_nothing(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    triggers = await disabled(foreign, telling=True)
    assert len(triggers) == 9
    for trigger in triggers:
        await switched(foreign, trigger, "ENABLE")
    told = await of_triggers(foreign)
    assert (type(told), told.ok) == (Advice, True)
    for trigger in triggers:
        assert ".".join(trigger) in told.detail
    await index_up_to(foreign_url, HANDED_OVER + 1)
    assert await height(foreign) == HANDED_OVER + 1


async def test_t5_a_deployment_that_makes_its_functions_again_enables_none(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    [(function, trigger)] = await rows(foreign, AGAIN, "on_play")
    await foreign.execute(function.encode())
    with pytest.raises(psycopg.errors.DuplicateObject):
        await foreign.execute(trigger.encode())
    assert await rows(foreign, STATE, "on_play") == [("D",)]
    await index_up_to(foreign_url, HANDED_OVER + 1)


async def test_t5_a_deployment_that_drops_and_makes_its_triggers_is_noticed_and_stops_nothing(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    [(_, trigger)] = await rows(foreign, AGAIN, "trg_saves")
    await foreign.execute("DROP TRIGGER trg_saves ON saves")
    await foreign.execute(trigger.encode())
    assert await rows(foreign, STATE, "trg_saves") == [("O",)]
    assert "saves.trg_saves" in (await of_triggers(foreign)).detail
    await index_up_to(foreign_url, HANDED_OVER + 1)


async def test_a_commit_looks_at_the_functions_of_others_that_are_still_called(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    known = await one(foreign, Known, ENABLED)
    kept = "SELECT DISTINCT tgfoid::bigint FROM pg_trigger WHERE tgname = 'on_event' ORDER BY 1"
    assert {each for (each,) in await rows(foreign, kept)} <= set(known.functions)
    [(function, _)] = await rows(foreign, AGAIN, "on_event")
    await foreign.execute(function.encode())
    again = await one(foreign, Known, ENABLED)
    assert (again.functions, again.triggers != known.triggers) == (known.functions, True)
    await index_up_to(foreign_url, HANDED_OVER + 1)
