from datetime import UTC, datetime
from typing import Any

import pytest

from backbeat.codes import Phase
from backbeat.observe import health
from backbeat.observe.headline import headline
from backbeat.observe.tree import Advice, ChangeLogStatus, Check, PrunedPlays
from builders.statuses import consumer, indexer, job


@pytest.mark.parametrize(("lag", "ok"), [(0, True), (100, True), (101, False), (110, False), (None, False)])
def test_scenario_013_a_hundred_blocks_behind_is_healthy_and_one_more_is_not(lag: int | None, ok: bool) -> None:
    check = health.check_lag(indexer(lag_blocks=lag))
    assert check.ok is ok
    assert bool(check.cure) is not ok


@pytest.mark.parametrize(
    ("changes", "ok"),
    [
        ({}, True),
        ({"phase": Phase.STARTING}, True),
        ({"phase": Phase.CATCHING_UP}, True),
        ({"phase": Phase.WAITING}, True),
        ({"heartbeat_age_seconds": 15.0}, True),
        ({"heartbeat_age_seconds": 15.1}, False),
        ({"heartbeat_age_seconds": None}, False),
        ({"phase": Phase.STOPPED}, False),
    ],
)
def test_an_indexer_is_healthy_while_it_reports(changes: dict[str, Any], ok: bool) -> None:
    assert health.check_indexer(indexer(**changes)).ok is ok


@pytest.mark.parametrize(
    ("pruned", "detail", "cure"),
    [
        (PrunedPlays(), "None was pruned.", ""),
        (PrunedPlays(plays=5), "5 were pruned; all are summed up.", ""),
        (PrunedPlays(plays=5, foreign_plays=2), "5 were pruned, 2 of them by another program; all are summed up.", ""),
        (PrunedPlays(plays=5, unread=("hourly_play_counts",)), "before hourly_play_counts had", "jobs rebuild hourly_"),
        (PrunedPlays(lost_hours=1), "1 hour counts more plays than there are", "backbeat plays accept"),
        (PrunedPlays(lost_hours=2), "2 hours count more plays than there are", "backbeat plays accept"),
        (PrunedPlays(truncated_at=datetime(2026, 1, 1, tzinfo=UTC)), "TRUNCATE took them", "backbeat plays accept"),
    ],
)
def test_plays_that_are_gone_are_told_and_fail_nothing(pruned: PrunedPlays, detail: str, cure: str) -> None:
    check = health.check_plays(pruned)
    assert check.ok
    assert detail in check.detail
    assert isinstance(check, Advice) is bool(cure)
    assert cure in check.cure


def test_an_indexer_that_never_ran_is_unhealthy() -> None:
    assert not health.check_indexer(None).ok
    assert not health.check_lag(None).ok


def test_a_chain_source_fails_with_what_is_the_matter_and_not_with_a_silent_witness() -> None:
    assert health.check_source(None).ok
    assert health.check_source(indexer()).ok
    silent = health.check_source(indexer(witness_problem="The witness does not answer."))
    assert (silent.ok, silent.detail) == (True, "The witness does not answer.")
    problem = "The node does not have block 5, which was indexed; it is at block 3."
    check = health.check_source(indexer(source_problem=problem))
    assert (check.ok, check.detail) == (False, problem)
    assert "chain.node_url" in check.cure


@pytest.mark.parametrize(
    ("state", "ok"), [("fresh", True), ("waiting", True), ("paused", True), ("late", False), ("failing", False)]
)
def test_only_a_late_or_failing_job_is_unhealthy(state: str, ok: bool) -> None:
    check = health.check_job(job(state=state))
    assert check.ok is ok
    assert check.name == "job trending_tracks"


def test_a_late_job_brings_its_error_and_cure() -> None:
    check = health.check_job(job(state="late", age_seconds=90.0, error="lock timeout", cure="Look at pg_locks."))
    assert "1 min 30 s old" in check.detail
    assert "lock timeout" in check.detail
    assert check.cure == "Look at pg_locks."


def test_a_late_job_that_never_succeeded_says_so() -> None:
    assert "never succeeded" in health.check_job(job(state="late", age_seconds=None)).detail


def test_a_log_that_nobody_reads_or_everybody_has_read_is_healthy() -> None:
    assert health.check_change_log(ChangeLogStatus()).ok
    log = ChangeLogStatus(consumers=(consumer("a", seconds=3_600.0, keys=3, log_rows=1), consumer("b")))
    check = health.check_change_log(log)
    assert (check.ok, check.detail) == (True, "2 consumers, 1 h 0 min behind.")


def test_a_consumer_that_does_not_come_is_named_with_the_verb_that_forgets_it() -> None:
    check = health.check_change_log(ChangeLogStatus(consumers=(consumer("a", seconds=3_601.0, keys=3), consumer("b"))))
    assert not check.ok
    assert check.detail == "a has 3 keys of tips waiting, the first for 1 h 0 min."
    assert "`backbeat jobs forget a`" in check.cure


OK = (Check("indexer", ok=True, detail=""), Check("lag", ok=True, detail=""))


def failing(name: str) -> tuple[Check, ...]:
    return (*OK, Check(name, ok=False, detail=""))


@pytest.mark.parametrize(
    ("changes", "checks", "told"),
    [
        ({}, OK, ("good", "At the tip: block 1,234, 0 behind")),
        (
            {"phase": Phase.CATCHING_UP, "lag_blocks": 5_000, "blocks_per_second": 100.0},
            failing("lag"),
            ("busy", "Catching up: block 1,234, 5,000 behind, about 50 s to go"),
        ),
        (
            {"lag_blocks": 500, "blocks_per_second": 0.0},
            failing("lag"),
            ("busy", "Catching up: block 1,234, 500 behind"),
        ),
        (
            {"heartbeat_age_seconds": 42.0},
            failing("indexer"),
            ("bad", "Standing still at block 1,234: no sign of the indexer for 42 s"),
        ),
        (
            {"phase": Phase.STOPPED, "heartbeat_age_seconds": 61.0},
            failing("indexer"),
            ("bad", "Stopped at block 1,234, 1 min 1 s ago"),
        ),
        ({"lag_blocks": None}, failing("lag"), ("bad", "At block 1,234; the head of the chain is unknown")),
        (
            {"source_problem": "The node has no block 1234."},
            failing("chain source"),
            ("bad", "At block 1,234: The node has no block 1234"),
        ),
        ({"phase": Phase.STARTING}, OK, ("busy", "The indexer is starting")),
        (
            {"phase": Phase.WAITING},
            OK,
            ("busy", "Waiting for another indexer to let go, at block 1,234"),
        ),
        ({}, failing("migrations"), ("bad", "The database is not prepared for this version")),
    ],
)
def test_the_headline_leads_with_the_worst_news(
    changes: dict[str, Any], checks: tuple[Check, ...], told: tuple[str, str]
) -> None:
    assert headline(indexer(**changes), (), checks) == told


def test_the_headline_counts_late_jobs() -> None:
    jobs = (job("a", state="late"), job("b", state="late"), job("c"))
    assert headline(indexer(), jobs, OK) == ("bad", "At the tip: block 1,234, 0 behind; 2 jobs late")


def test_the_headline_of_an_empty_database() -> None:
    assert headline(None, (), failing("indexer")) == ("busy", "Nothing is indexed yet")


@pytest.mark.parametrize(
    ("changes", "ok"),
    [
        ({}, [True]),
        ({"waits_for": "late", "waits_seconds": 60.0}, [True]),
        ({"waits_for": "late", "waits_seconds": 60.1}, [False]),
        ({"is_beside": False, "waits_for": "late", "waits_seconds": 900.0}, []),
    ],
)
def test_a_frontier_beside_another_indexer_waits_for_a_minute_at_most(changes: dict[str, Any], ok: list[bool]) -> None:
    checks = list(health.check_frontier(indexer(**{"is_beside": True, **changes})))
    assert [check.ok for check in checks] == ok
    assert all(bool(check.cure) is not check.ok for check in checks)
