from pathlib import Path

import metrics_page
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families as parse

from backbeat.app import LABELS as LABELS_OF_THE_PROGRAM
from backbeat.codes import Phase
from backbeat.jobs.record import Totals
from backbeat.observe import metrics
from backbeat.observe.families import LABEL_VALUES_MAX, OTHER
from backbeat.observe.tree import ChangeLogStatus, Check, Drift, Outcomes, ReasonCount, Status
from builders.statuses import NOW, consumer, indexer, job, status, watch

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"

FULL = status(
    healthy=False,
    transactions=(Outcomes("plays", applied=10), Outcomes("manage_entity", applied=5, rejected=2, ignored=1)),
    rejected=(ReasonCount("not_owner", 2),),
    jobs=(job("a"), job("b", state="late", age_seconds=None, last_rows=None), job("c", state="paused")),
    checks=(Check("lag", ok=False, detail="x", cure="y"), Check("database", ok=True, detail="x")),
)


def families(found: Status | None) -> dict[str, Metric]:
    return {family.name: family for family in parse(metrics.render(found).decode())}


def samples(found: Status | None, name: str) -> dict[tuple[str, ...], float]:
    family = families(found)[name]
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


def test_the_text_parses_and_says_what_the_status_says() -> None:
    assert samples(FULL, "backbeat_block_height") == {(): 1_234}
    assert samples(FULL, "backbeat_lag_blocks") == {(): 0}
    assert samples(FULL, "backbeat_healthy") == {(): 0}
    assert samples(FULL, "backbeat_check_ok") == {("lag",): 0, ("database",): 1}
    assert samples(FULL, "backbeat_transactions")["manage_entity", "rejected"] == 2
    assert samples(FULL, "backbeat_rejected") == {("not_owner",): 2}
    assert samples(FULL, "backbeat_job_late") == {("a",): 0, ("b",): 1, ("c",): 0}
    assert samples(FULL, "backbeat_job_age_seconds") == {("a",): 2, ("c",): 2}
    assert samples(FULL, "backbeat_database_up") == {(): 1}


def test_what_was_replayed_makes_no_counter_go_back() -> None:
    before = status(transactions=(Outcomes("plays", rejected=5),), rejected=(ReasonCount("not_owner", 5),))
    after = status(
        transactions=(Outcomes("plays", applied=3, rejected=2, replayed=3),), rejected=(ReasonCount("not_owner", 2, 3),)
    )
    for found in (before, after):
        assert samples(found, "backbeat_transactions")["plays", "rejected"] == 5
        assert samples(found, "backbeat_rejected")["not_owner",] == 5
    assert samples(after, "backbeat_transactions")["plays", "applied"] == 3


def test_every_phase_of_the_block_loop_has_a_series() -> None:
    for phase in Phase:
        found = samples(status(indexer=indexer(phase=str(phase))), "backbeat_indexer_phase")
        assert found == {(str(each),): each is phase for each in Phase}


def test_counters_end_in_total() -> None:
    text = metrics.render(FULL).decode()
    assert 'backbeat_transactions_total{kind="plays",outcome="applied"} 10.0' in text
    assert 'backbeat_rejected_total{reason="not_owner"} 2.0' in text


def test_what_runs_did_is_counted_by_job() -> None:
    totals = Totals("a", 5, 90, 2, 1, 7.5, 40, 1_000, 12.0, (50, 30, 10, 5, 2, 1, 0, 0, 0))
    found = status(jobs=(job("a", totals=totals, deferred_seconds=3.0), job("b")))
    assert samples(found, "backbeat_job_runs")["a", "quiet"] == 90
    assert samples(found, "backbeat_job_rows_written")["a",] == 40
    assert samples(found, "backbeat_job_wal_bytes")["a",] == 1_000
    assert samples(found, "backbeat_job_deferred_seconds")["a",] == 12
    assert samples(found, "backbeat_job_deferred_age_seconds") == {("a",): 3}
    text = metrics.render(found).decode()
    for bound, count in (("0.01", 50), ("0.1", 90), ("1.0", 97), ("600.0", 98), ("+Inf", 98)):
        assert f'backbeat_job_duration_seconds_bucket{{job_name="a",le="{bound}"}} {count}.0' in text
    assert 'backbeat_job_duration_seconds_sum{job_name="a"} 7.5' in text
    assert 'backbeat_job_duration_seconds_count{job_name="a"} 98.0' in text


def test_consumers_of_the_change_log_are_told_up_to_a_bound() -> None:
    late = [consumer(f"c{place}", seconds=float(200 - place), log_rows=2, keys=place) for place in range(103)]
    found = status(change_log=ChangeLogStatus(size_bytes=4_096, consumers=tuple(late)))
    assert samples(found, "backbeat_change_log_bytes") == {(): 4_096}
    seconds = samples(found, "backbeat_consumer_lag_seconds")
    assert len(seconds) == LABEL_VALUES_MAX + 1
    assert (seconds["c0",], seconds["c99",], seconds["other",]) == (200, 101, 100)
    assert samples(found, "backbeat_consumer_pending_keys")["other",] == 102
    assert samples(found, "backbeat_consumer_pending_rows")["c5",] == 2


LABELS = metrics.Labels(kinds=("plays", "reward"), reasons=("not_owner", "duplicate"), derivations=("scores.score",))


def test_a_counter_is_there_before_its_first_event() -> None:
    text = metrics.render(FULL, LABELS).decode()
    for series, value in (
        ('backbeat_transactions_total{kind="plays",outcome="applied"}', 10),
        ('backbeat_transactions_total{kind="reward",outcome="rejected"}', 0),
        ('backbeat_rejected_total{reason="not_owner"}', 2),
        ('backbeat_rejected_total{reason="duplicate"}', 0),
        ('backbeat_drift_rows_total{derivation="scores.score"}', 0),
        ('backbeat_job_runs_total{job_name="a",outcome="lost"}', 0),
        ('backbeat_job_deferred_seconds_total{job_name="a"}', 0),
        (f'backbeat_indexer_phase{{phase="{Phase.AT_TIP}"}}', 1),
        (f'backbeat_indexer_phase{{phase="{Phase.STOPPED}"}}', 0),
    ):
        assert f"{series} {value}.0\n" in text


def test_counts_that_could_not_be_read_are_not_0() -> None:
    unprepared = status(checks=(Check("migrations", ok=False, detail="x", cure="y"),))
    text = metrics.render(unprepared, LABELS).decode()
    assert "backbeat_transactions_total{" not in text
    assert "backbeat_rejected_total{" not in text
    assert "backbeat_drift_rows_total{" not in text


def test_labels_known_beforehand_keep_to_the_bound_too() -> None:
    many = metrics.Labels(kinds=tuple(map(str, range(250))), reasons=tuple(map(str, range(250))))
    text = metrics.render(FULL, many).decode()
    assert text.count("backbeat_rejected_total{") == LABEL_VALUES_MAX
    assert text.count("backbeat_transactions_total{") == 3 * (LABEL_VALUES_MAX + 1)


def test_no_label_is_one_of_prometheus_itself() -> None:
    for family in families(FULL).values():
        for sample in family.samples:
            assert not {"job", "instance"} & set(sample.labels)


def test_failures_in_a_row_are_told() -> None:
    found = status(jobs=(job("a", failures=7), job("b")))
    assert samples(found, "backbeat_job_failures_in_a_row") == {("a",): 7, ("b",): 0}


def test_the_program_knows_its_labels() -> None:
    assert {"plays", "manage_entity", "reward"} <= set(LABELS_OF_THE_PROGRAM.kinds)
    assert {"not_owner", "duplicate", "database_error"} <= set(LABELS_OF_THE_PROGRAM.reasons)
    assert {"scores.score", "scores.karma", "aggregates.users"} <= set(LABELS_OF_THE_PROGRAM.derivations)


def test_drift_is_counted_by_what_was_verified() -> None:
    found = status(drift=(Drift("scores.karma", 3, NOW), Drift("aggregates.users", 1, NOW)))
    assert samples(found, "backbeat_drift_rows") == {("scores.karma",): 3, ("aggregates.users",): 1}


def test_a_comparison_is_told_by_subject_kind_and_cause() -> None:
    found = status(watch=watch(("plays", "missing there", "plays_lost", 3), equal_seconds=60.0))
    assert samples(found, "backbeat_watch_differences") == {("plays_lost", "missing there", "plays"): 3.0}
    assert samples(found, "backbeat_watch_equal_seconds") == {(): 60.0}
    assert samples(found, "backbeat_watch_height_ahead") == {(): 2.0}
    assert samples(status(watch=watch(equal_seconds=None)), "backbeat_watch_equal_seconds") == {(): 0.0}
    assert samples(status(), "backbeat_watch_equal_seconds") == {}


def test_what_is_unknown_has_no_sample() -> None:
    unknown = status(indexer=indexer(head_height=None, lag_blocks=None, lag_seconds=None))
    assert samples(unknown, "backbeat_lag_blocks") == {}
    assert samples(unknown, "backbeat_chain_head_height") == {}


def test_an_outage_is_told_and_nothing_else() -> None:
    found = families(None)
    assert samples(None, "backbeat_database_up") == {(): 0}
    assert "backbeat_block_height" not in found


def test_labels_are_bounded_and_nothing_is_lost() -> None:
    many = status(
        transactions=tuple(Outcomes(f"kind_{at}", applied=1, rejected=1) for at in range(250)),
        rejected=tuple(ReasonCount(f"reason_{at}", 1) for at in range(250)),
        jobs=tuple(job(f"job_{at}") for at in range(250)),
    )
    kinds = samples(many, "backbeat_transactions")
    assert len(kinds) == 3 * (LABEL_VALUES_MAX + 1)
    assert kinds[OTHER, "applied"] == 150
    reasons = samples(many, "backbeat_rejected")
    assert len(reasons) == LABEL_VALUES_MAX + 1
    assert sum(reasons.values()) == 250
    assert len(samples(many, "backbeat_job_every_seconds")) == LABEL_VALUES_MAX


def test_every_metric_of_ours_has_help_and_is_in_the_reference() -> None:
    reference = REFERENCE.read_text(encoding="utf-8")
    for name, family in families(FULL).items():
        assert family.documentation, name
        if name.startswith("backbeat_"):
            told = f"{name}_total" if family.type == "counter" else name
            assert f"`{told}`" in reference


def test_the_reference_is_what_the_program_answers() -> None:
    """If not: ``PYTHONPATH=tests python -m metrics_page``."""
    assert metrics_page.PAGE.read_text(encoding="utf-8") == metrics_page.page()
