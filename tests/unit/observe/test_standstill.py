"""A block that cannot be committed, in words: for the headline, the check and the metrics."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from backbeat.codes import CheckName, Phase
from backbeat.lock_holder import LockHolder
from backbeat.loop_report import BUCKET_SECONDS, Durations, LastFailure, LoopReport, Standstill
from backbeat.observe import health, metrics
from backbeat.observe.headline import headline
from backbeat.observe.standstill import doing, sentence
from backbeat.web.view import view_of
from builders.statuses import indexer, status

HOLDER = LockHolder(
    pid=1234, application="psql", user="ann", state="idle in transaction", state_seconds=21.0, relation="plays"
)
LOCKED = Standstill(
    height=1_075,
    seconds=20.0,
    failures=1,
    reason="lock_timeout",
    error="lock timeout",
    cure="Look.",
    lock_holder=HOLDER,
)

SAID = "Stuck at block 1,075 for 20 s: waits for process 1234 (psql, idle in transaction for 21 s), at plays"


def stuck(**changes: Any) -> Standstill:
    values: dict[str, Any] = {"height": 7, "seconds": 20.0, "failures": 3, "error": "No room.", "cure": "Make room."}
    return Standstill(**values | changes)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            LOCKED,
            SAID,
        ),
        (stuck(), "Stuck at block 7 for 20 s, 3 tries failed: No room"),
        (stuck(failures=1), "Stuck at block 7 for 20 s: No room"),
        (
            stuck(lock_holder=LockHolder(pid=0, relation="plays")),
            "Stuck at block 7 for 20 s: waits for a prepared transaction, at plays",
        ),
        (
            stuck(lock_holder=LockHolder(pid=9, application="pgAdmin", user="bob", others=2)),
            "Stuck at block 7 for 20 s: waits for process 9 (pgAdmin), and 2 more",
        ),
        (
            stuck(lock_holder=LockHolder(pid=9, user="bob", state="active", state_seconds=61.0)),
            "Stuck at block 7 for 20 s: waits for process 9 (bob, active for 61 s)",
        ),
    ],
)
def test_it_says_where_since_when_and_who(found: Standstill, said: str) -> None:
    assert sentence(found) == said


def test_a_loop_that_cannot_begin_has_no_block_to_name() -> None:
    assert sentence(stuck(height=0, failures=1)) == "Stuck before the first block for 20 s: No room"


def test_the_headline_the_check_and_the_title_say_it() -> None:
    blocked = indexer(report=LoopReport(standstill=LOCKED))
    check = health.check_commits(blocked)
    assert (check.name, check.ok) == (CheckName.COMMITS, False)
    assert check.detail == f"{sentence(LOCKED)}."
    assert "pg_terminate_backend(1234)" in check.cure
    assert headline(blocked, (), (check,)) == ("bad", sentence(LOCKED))
    assert view_of(status(indexer=blocked, checks=(check,))).title == "! stuck at 1,075 · Backbeat"


def test_while_it_is_stuck_it_is_said_to_do_nothing_else() -> None:
    assert doing(indexer(phase=Phase.CATCHING_UP)) == "catching up"
    assert doing(indexer(phase=Phase.CATCHING_UP, report=LoopReport(standstill=LOCKED))) == "stuck"


@pytest.mark.parametrize(("seconds", "ok"), [(15.0, True), (15.1, False)])
def test_what_a_restart_of_the_database_undoes_has_a_while_to_pass(seconds: float, ok: bool) -> None:
    passing = indexer(report=LoopReport(standstill=stuck(seconds=seconds, may_pass=True)))
    assert health.check_commits(passing).ok is ok


@pytest.mark.parametrize("changes", [{"phase": Phase.STOPPED}, {"heartbeat_age_seconds": 16.0}])
def test_an_indexer_that_does_not_report_is_told_of_by_its_own_check(changes: dict[str, Any]) -> None:
    silent = indexer(report=LoopReport(standstill=LOCKED), **changes)
    assert health.check_commits(silent).ok
    assert not health.check_indexer(silent).ok


def test_an_indexer_that_stopped_says_what_it_could_not_commit() -> None:
    gone = indexer(phase=Phase.STOPPED, report=LoopReport(standstill=stuck()))
    assert "Stuck at block 7 for 20 s, 3 tries failed: No room." in health.check_indexer(gone).detail


def test_nothing_in_the_way_passes() -> None:
    assert health.check_commits(None).ok
    assert health.check_commits(indexer()).ok


def samples(found: LoopReport, name: str) -> dict[tuple[str, ...], float]:
    text = metrics.render(status(indexer=indexer(report=found)), metrics.Labels(commit_failures=("a", "b"))).decode()
    [family] = [each for each in parse(text) if each.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def test_the_metrics_count_commits_failures_and_calls() -> None:
    calls = Durations()
    calls.add(0.02)
    found = LoopReport(
        blocks=9,
        plays=4,
        commits=calls,
        failures={"a": 2},
        node_calls={"GetBlock": calls},
        last_failure=LastFailure(height=1, reason="a", error="x", age_seconds=3.0),
        standstill=LOCKED,
    )
    assert samples(found, "backbeat_blocks") == {(): 9}
    assert samples(found, "backbeat_plays") == {(): 4}
    assert samples(found, "backbeat_commit_failures") == {("a",): 2, ("b",): 0}
    assert samples(found, "backbeat_stuck_seconds") == {(): 20}
    assert samples(LoopReport(), "backbeat_stuck_seconds") == {(): 0}
    assert set(samples(found, "backbeat_commit_last_failure_timestamp_seconds")) == {("a",)}
    assert samples(LoopReport(), "backbeat_commit_last_failure_timestamp_seconds") == {}
    buckets = samples(found, "backbeat_node_call_duration_seconds")
    assert (buckets[str(BUCKET_SECONDS[1]), "GetBlock"], buckets["+Inf", "GetBlock"]) == (0, 1)
    assert samples(found, "backbeat_commit_duration_seconds")["+Inf",] == 1


def test_every_phase_is_0_before_an_indexer_ever_ran() -> None:
    [family] = [each for each in parse(metrics.render(status(indexer=None)).decode()) if "phase" in each.name]
    assert {sample.labels["phase"]: sample.value for sample in family.samples} == dict.fromkeys(map(str, Phase), 0)
