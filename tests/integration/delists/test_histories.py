"""Whatever is decided in whatever pages, each is as the last decision says, and else as its owner left it."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from depth import at_depth
from scripted_http import answer

from backbeat.errors import OutgoingError
from backbeat.incremental.transaction import Session
from harness.challenge_world import user
from harness.delist_stage import Stage
from harness.notifier import at

USERS = 12


class Reference:
    """What was decided last of each user, and what its owner last said while it was there to say so."""

    def __init__(self) -> None:
        self.last: dict[int, tuple[Any, bool]] = {}
        self.is_deactivated = dict.fromkeys(range(1, USERS + 1), False)

    def is_down(self, number: int) -> bool:
        return self.last.get(number, (None, False))[1]

    def rows(self) -> list[tuple[int, bool, bool]]:
        return [
            (number, not self.is_down(number), self.is_down(number) or is_deactivated)
            for number, is_deactivated in self.is_deactivated.items()
        ]


def decide(stage: Stage, reference: Reference, dice: Random, start: int) -> None:
    """Decide some things within a few seconds, so that many share an instant."""
    when = [at("12:00") + timedelta(seconds=start + dice.randrange(4)) for _ in range(dice.randrange(1, 15))]
    for instant in sorted(when):
        number, delisted = dice.randint(1, USERS), dice.random() < 0.6
        reason = "NEW" if dice.random() < 0.1 else "MANUAL"
        stage.notifier.decide(number, instant, delisted=delisted, reason=reason)
        reference.last[number] = max(reference.last.get(number, (instant, False)), (instant, delisted))


async def owners_say(stage: Stage, reference: Reference, dice: Random) -> None:
    for number in dice.sample(range(1, USERS + 1), 3):
        if not reference.is_down(number):
            reference.is_deactivated[number] = dice.random() < 0.5
            await stage.block(at("23:00"), user(number, deactivated=reference.is_deactivated[number]))


async def settle(stage: Stage, dice: Random) -> None:
    """Run with pages of any size, by a notifier that fails now and then."""
    limits: dict[str, Any] = {"rows_max": dice.randint(2, 6), "instant_rows_max": 40, "applied_max": dice.randint(1, 4)}
    job = stage.notifier.job(**limits, round_rows=dice.randint(1, 5))
    for _ in range(400):
        stage.notifier.instead = answer(b"", status="502 Bad Gateway") if dice.random() < 0.15 else None
        try:
            report = await job.incremental(Session(stage.world.connection))
        except OutgoingError:
            continue
        if report.is_quiet:
            return
    raise AssertionError("it never comes to rest")


@pytest.mark.parametrize("seed", range(at_depth(2, 6, 40)))
async def test_any_history_in_any_pages(stage: Stage, seed: int) -> None:
    dice, reference = Random(seed), Reference()
    stage.notifier.is_inclusive = dice.random() < 0.5
    await stage.block(at("23:00"), *(user(number) for number in range(1, USERS + 1)))
    for turn in range(6):
        decide(stage, reference, dice, 10 * turn)
        await settle(stage, dice)
        assert await stage.users() == reference.rows()
        await owners_say(stage, reference, dice)
        assert await stage.users() == reference.rows()
    known = [row for row in stage.notifier.rows["users"] if row["reason"] == "MANUAL"]
    assert len(await stage.log()) == len({(row["createdAt"], row["userId"], row["delisted"]) for row in known})
