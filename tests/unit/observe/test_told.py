"""What people are told of a status first, and what they need not be told."""

from typing import Any

import pytest

from backbeat.codes import CheckName, JobState
from backbeat.observe.told import WAITING_MAX, alike, has_just_begun, is_well, told, waiting_alike
from backbeat.observe.tree import Advice, Check, ProcessStatus
from backbeat.web.view import view_of
from builders.statuses import NOW, indexer, job, status

FAILS = [Check(name, ok=False, detail="It is so.", cure="Wait.") for name in (CheckName.INDEXER, CheckName.LAG)]
ADVISES = Advice(CheckName.AUDITS, ok=True, detail="1 row differs.", cure="See which.")
PASSES = Check(CheckName.DATABASE, ok=True, detail="It answers.", cure="")


def process(**changes: object) -> ProcessStatus:
    values = {
        "host": "here",
        "pid": 7,
        "version": "0.1.0",
        "parts": ["index", "jobs", "web"],
        "state": "",
        "started_at": NOW,
        "reached_at": NOW,
        "reached_seconds": 2.0,
        "up_seconds": 2.0,
        "seen_seconds_ago": 0.5,
    }
    return ProcessStatus(**(values | changes))  # type: ignore[arg-type] # as above


def test_what_fails_comes_first_then_advice_and_nothing_that_is_well() -> None:
    assert told(status(checks=(PASSES, ADVISES, *FAILS))) == [*FAILS, ADVISES]


def test_a_block_loop_that_was_just_started_need_not_have_reported() -> None:
    begun = status(indexer=None, processes=(process(),), checks=(*FAILS, ADVISES))
    assert told(begun) == [ADVISES]


@pytest.mark.parametrize(
    "changes",
    [
        {"processes": (process(up_seconds=60.0),)},
        {"processes": (process(seen_seconds_ago=120.0),)},
        {"processes": (process(parts=["web"]),)},
        {"processes": ()},
        {"indexer": indexer(), "processes": (process(),)},
    ],
)
def test_one_that_had_time_or_is_not_there_is_missed(changes: dict[str, object]) -> None:
    found = status(**({"indexer": None, "checks": tuple(FAILS)} | changes))
    assert not has_just_begun(found)
    assert told(found) == FAILS


def test_what_many_jobs_wait_for_is_one_sentence() -> None:
    waiting = [job(f"job {at}", state=JobState.WAITING, waits_for="no block yet.") for at in range(WAITING_MAX + 1)]
    assert waiting_alike([*waiting, job()]) == f"{WAITING_MAX + 1} jobs wait: no block yet."
    assert alike([*waiting, job(), job("other", state=JobState.WAITING, waits_for="a key.")]) == waiting
    assert waiting_alike(waiting[1:]) == ""
    assert alike(waiting[1:]) == []


@pytest.mark.parametrize(
    ("changes", "well"),
    [
        ({}, True),
        ({"state": JobState.WAITING}, True),
        ({"state": JobState.OFF, "failures": 2}, True),
        ({"failures": 1}, False),
        ({"deferred_since": NOW}, False),
        ({"state": JobState.PAUSED}, False),
        ({"state": JobState.LATE}, False),
        ({"state": JobState.FAILING}, False),
    ],
)
def test_the_terminal_and_the_page_mean_the_same_by_well(changes: dict[str, Any], well: bool) -> None:
    one = job(**changes)
    assert is_well(one) is well
    view = view_of(status(jobs=(one,)))
    if one.state != JobState.WAITING:  # one that waits by itself is shown
        assert [each for _, members in view.folded for each in members] == [one] * well
        assert [each for _, members in view.groups for each in members] == [one] * (not well)
