"""The doctor says how far asking the notifier is, and what holds it up."""

from typing import Any

import pytest

from backbeat.cli.doctor_delists import of_delists
from backbeat.observe.tree import Advice
from backbeat.settings import JobsSettings, Settings
from harness.delist_stage import Stage
from harness.notifier import KEY, at


def settings(stage: Stage, **columns: Any) -> Settings:
    known: dict[str, Any] = {"notifier_url": stage.notifier.host, "delegate_private_key": KEY.hex()}
    return Settings(jobs=JobsSettings(**{**known, **columns}))


async def test_without_a_key_nothing_is_said(stage: Stage) -> None:
    assert list(await of_delists(stage.world.connection, Settings())) == []


async def test_it_says_who_is_asked_as_whom_and_how_far_that_is(stage: Stage) -> None:
    await stage.block(at("20:00"))
    stage.notifier.decide(1, "12:00")
    await stage.run()
    [check] = await of_delists(stage.world.connection, settings(stage))
    assert check.ok
    for told in (stage.notifier.host, "0x6370eF2f4Db3611D657b90667De398a2Cc2a370C", "users up to 2023-05-17 12:00"):
        assert told in check.detail
    assert KEY.hex() not in check.detail


async def test_it_says_what_is_waited_for_and_what_was_set_aside(stage: Stage) -> None:
    await stage.block(at("19:00"))
    stage.notifier.decide(300, "20:00", reason="NEW")
    await stage.run()
    _, waits, aside = await of_delists(stage.world.connection, settings(stage))
    assert isinstance(waits, Advice)
    assert isinstance(aside, Advice)
    assert "300 is not indexed" in waits.detail
    assert "1 row of the notifier" in aside.detail


async def test_it_repeats_why_the_last_run_failed(stage: Stage) -> None:
    await stage.world.connection.execute(
        """
        INSERT INTO backbeat.jobs (name, group_name, cadence_at, next_run_at, error, cure)
        VALUES ('delists.tracks', 'delists.tracks', now(), now(), 'It did not answer.', 'Wait.')
        """
    )
    _, check = await of_delists(stage.world.connection, settings(stage))
    assert (check.name, check.ok, check.detail, check.cure) == ("delists.tracks", False, "It did not answer.", "Wait.")


@pytest.mark.parametrize("columns", [{"delegate_private_key": "no key"}, {"notifier_url": "nowhere"}])
async def test_settings_that_cannot_work_are_told_with_their_cure(stage: Stage, columns: dict[str, str]) -> None:
    [check] = await of_delists(stage.world.connection, settings(stage, **columns))
    assert (check.ok, bool(check.cure)) == (False, True)
    assert "no key" not in check.detail
