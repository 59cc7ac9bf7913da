"""What the doctor says of the trusted notifier: who is asked, how far that is, and what holds it up."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.derived.delists.notifier import notifier_of
from backbeat.errors import BackbeatError
from backbeat.observe import figures
from backbeat.observe.tree import Advice, Check
from backbeat.settings import Settings

DELISTS = load(__package__, "doctor_delists.sql")


class Asked(msgspec.Struct, frozen=True):
    """Where asking about one kind of thing stands."""

    about: str
    """Users or tracks."""
    reached: datetime | None
    """When the last decision was made that was taken in."""
    waits_for: int | None
    """What is not indexed and may yet be."""
    waits_until: datetime | None
    """Which time the chain has to be past."""
    error: str
    """Why the last run failed; empty if it did not."""
    cure: str
    """What to do about it."""
    asides: int
    """Rows that were set aside."""


async def of_delists(connection: AsyncConnection[Any], settings: Settings) -> Iterable[Check]:
    """Judge how the notifier is asked; no check where nobody is."""
    try:
        notifier = notifier_of(settings)
    except BackbeatError as error:
        return [Check("delists", ok=False, detail=error.message, cure=error.cure)]
    if notifier is None:
        return []
    found = await every(connection, Asked, DELISTS, {"host": notifier.host})
    reached = " and ".join(f"{each.about} up to {figures.moment(each.reached)}" for each in found)
    detail = f"{notifier.host} is asked as {notifier.signer.address}: {reached}."
    return [Check("delists", ok=True, detail=detail), *(check for each in found for check in _of(each))]


def _of(asked: Asked) -> Iterator[Check]:
    name = f"delists.{asked.about}"
    if asked.error:
        yield Check(name, ok=False, detail=asked.error, cure=asked.cure)
    if asked.waits_for is not None:
        yield Advice(
            name,
            ok=True,
            detail=f"Decisions about {asked.about} wait: {asked.waits_for} is not indexed, and the chain is not past "
            f"{figures.moment(asked.waits_until)}, when it was decided about.",
            cure="Nothing while blocks come in; where none do, see to the block loop.",
        )
    if asked.asides:
        yield Advice(
            name,
            ok=True,
            detail=f"{figures.plural(asked.asides, 'row')} of the notifier could not be used, or not be logged.",
            cure="Read backbeat.delist_asides, which says why of each, and tell who runs the notifier.",
        )
