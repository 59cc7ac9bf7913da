"""An adoption without pauses, and who hears of it."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from backbeat.adopt.adoption import Choices, Plan, adopt
from backbeat.adopt.patience import Patience
from backbeat.adopt.step import Step
from backbeat.clock import SystemClock
from backbeat.lock_holder import LockHolder


async def no_pause(seconds: float) -> None:
    """Go on at once."""
    del seconds


PATIENCE = Patience(lock_seconds=0.2, pause=no_pause)
CHOICES = Choices(patience=PATIENCE)


class Heard:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.in_the_way: list[Sequence[LockHolder]] = []

    def begins(self, step: Step) -> None:
        """Hear that a step begins."""

    def waits(self, step: Step, tries: int, in_the_way: Sequence[LockHolder]) -> None:
        """Hear who is in the way."""
        del step, tries
        self.in_the_way.append(in_the_way)

    def done(self, step: Step, seconds: float) -> None:
        """Hear that a step is done."""
        del seconds
        self.steps.append(step.name)


async def adopted(connection: AsyncConnection[Any], choices: Choices = CHOICES, audience: Heard | None = None) -> Plan:
    """Adopt the database of ``connection``."""
    return await adopt(connection, choices, clock=SystemClock(), audience=audience or Heard())
