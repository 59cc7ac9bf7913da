"""The alerts that are shipped, held to Prometheus's own test tool: each fires when it should, and clears."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
ALERTS = ROOT / "docs" / "reference" / "alerts.yml"
REFERENCE = ROOT / "docs" / "reference" / "metrics.md"
PROMTOOL = shutil.which("promtool")

TARGET = 'job="backbeat",instance="a:8480"'
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool of the package prometheus is not installed")


class Case(NamedTuple):
    """Series, one value a minute, and the minutes at which the alert fires and no longer fires."""

    alert: str
    series: dict[str, str]
    fires: int
    clears: int


def metric(name: str, **labels: str) -> str:
    """A series of our one target."""
    told = ",".join([TARGET, *(f'{key}="{value}"' for key, value in labels.items())])
    return f"{name}{{{told}}}"


UP = metric("backbeat_database_up")
LAG = metric("backbeat_lag_blocks")
FAILURES = metric("backbeat_job_failures_in_a_row", job_name="trending.tracks")
RUNS = metric("backbeat_job_runs_total", job_name="trending.tracks", outcome="failed")
PAUSED = metric("backbeat_job_paused", job_name="trending.tracks")

CASES = (
    Case("BackbeatGone", {metric("backbeat_build_info"): "_x9 1x40"}, 4, 12),
    Case("BackbeatDatabaseDown", {UP: "1 0x9 1x40"}, 5, 15),
    Case("BackbeatIndexerSilent", {metric("backbeat_indexer_heartbeat_age_seconds"): "1 60x9 1x40"}, 5, 15),
    Case("BackbeatStuck", {metric("backbeat_stuck_seconds"): "0 20 61x9 0x40"}, 5, 15),
    Case("BackbeatBehind", {LAG: "5 101x9 100x40"}, 5, 15),
    Case("BackbeatHeadUnknown", {UP: "1x40", LAG: "_x9 0x30"}, 4, 12),
    Case("BackbeatJobLate", {metric("backbeat_job_late", job_name="trending.tracks"): "0 1x9 0x40"}, 5, 15),
    # a job that fails for ever, ever more seldom: less than one failure in a quarter of an hour
    Case("BackbeatJobFailing", {FAILURES: "0 1x19 2x19 3x19 4x19 0x40", PAUSED: "0x140"}, 65, 90),
    Case("BackbeatJobFailing", {FAILURES: "5x40", PAUSED: "0x9 1x30"}, 5, 15),
    Case("BackbeatJobUnsteady", {RUNS: "0x2 1x1 3x1 5x1 7x60"}, 10, 40),
    Case("BackbeatJobUnsteady", {RUNS.replace("failed", "lost"): "0x2 2x1 4x1 6x60"}, 10, 40),
    Case("BackbeatJobWaits", {metric("backbeat_job_deferred_age_seconds", job_name="a"): "0 301x9 _x40"}, 5, 20),
    Case("BackbeatConsumerBehind", {metric("backbeat_consumer_lag_seconds", consumer="a"): "0 601x9 0x40"}, 5, 15),
    Case("BackbeatDrift", {metric("backbeat_drift_rows_total", derivation="scores.score"): "0x9 1x2000"}, 12, 1_600),
    Case("BackbeatSourceProblem", {metric("backbeat_source_problem"): "0 1x9 0x40"}, 5, 15),
    Case("BackbeatWitnessSilent", {metric("backbeat_witness_problem"): "0 1x79 0x40"}, 70, 90),
    Case("BackbeatReplays", {metric("backbeat_replays_total", outcome="let_through"): "0x9 1x200"}, 12, 100),
    Case("BackbeatUnhealthy", {metric("backbeat_healthy"): "1 0x19 1x40"}, 15, 25),
)


def expected(case: Case) -> list[dict[str, object]]:
    """What promtool is to find at the two instants: one alert that fires, and none."""
    expression = f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"}})'
    one = [{"labels": "{}", "value": 1}]
    return [
        {"expr": expression, "eval_time": f"{case.fires}m", "exp_samples": one},
        {"expr": expression, "eval_time": f"{case.clears}m", "exp_samples": []},
    ]


@needs_promtool
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_an_alert_fires_and_clears(case: Case, tmp_path: Path) -> None:
    series = [{"series": name, "values": values} for name, values in case.series.items()]
    one = {"interval": "1m", "input_series": series, "promql_expr_test": expected(case)}
    file = tmp_path / "case.yml"
    file.write_text(json.dumps({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": [one]}))
    tried = subprocess.run([str(PROMTOOL), "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr


@needs_promtool
def test_the_rules_are_what_prometheus_takes() -> None:
    tried = subprocess.run([str(PROMTOOL), "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr


def test_every_alert_is_tried_and_told_and_speaks_of_metrics_that_there_are() -> None:
    text, reference = ALERTS.read_text(encoding="utf-8"), REFERENCE.read_text(encoding="utf-8")
    names = re.findall(r"- alert: (\w+)", text)
    assert sorted(names) == sorted({case.alert for case in CASES})
    for name in names:
        assert f"| `{name}` |" in reference
    for used in set(re.findall(r"\bbackbeat_\w+", text)):
        assert f"`{used}`" in reference
