"""Every job of the network's schedule has its row, every job of ours stands for one or is ours alone."""

import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sql_files import sql_files
from typer.testing import CliRunner

from backbeat.cli.main import app
from backbeat.jobs.catalog import JOBS, everything
from backbeat.jobs.counterparts import COUNTERPARTS, OURS, Counterpart, standing_for
from backbeat.jobs.schedule_table import schedule_table
from backbeat.settings import JobsSettings, Settings

OTHERWISE = JobsSettings(
    trending_mode="refresh", scores_mode="full_pass", refresh_views={"tag_track_user": 60.0}, social_sets=True
)
NAMES = list(dict.fromkeys(job.name for jobs in (JOBS, everything(Settings(jobs=OTHERWISE))) for job in jobs))
BESIDE = {"Challenge processing", "Solana balances, coins and prices"}  # which the schedule leaves to other documents
TABLES = {
    name.removeprefix("public.")
    for file in sql_files()
    if file.is_script
    for name in re.findall(r"CREATE TABLE ([\w.]+)", file.text)
}

each = pytest.mark.parametrize("counterpart", COUNTERPARTS, ids=lambda counterpart: counterpart.network)


def test_every_row_of_the_schedule_is_there_in_its_order(shared_dir: Path) -> None:
    section = (shared_dir / "domain" / "derived-state.md").read_text(encoding="utf-8").partition("### 1.1")[2]
    rows = [line.split("|")[1].strip() for line in section.partition("### 1.2")[0].splitlines() if line.startswith("|")]
    names = [row.partition(" (")[0].strip("`") for row in rows[2:]]
    assert [each.network for each in COUNTERPARTS if each.network not in BESIDE] == names


@each
def test_a_row_names_jobs_that_there_are(counterpart: Counterpart) -> None:
    for pattern in counterpart.jobs:
        assert list(standing_for(Counterpart(network="", cadence="", guard="", jobs=(pattern,)), NAMES)), pattern


def test_every_job_stands_for_one_row_or_is_ours_alone() -> None:
    standing = list(chain.from_iterable(standing_for(each, NAMES) for each in COUNTERPARTS))
    assert sorted([*standing, *OURS]) == sorted(NAMES)


@each
def test_a_row_says_what_is_read_and_written_or_why_nothing_stands_for_it(counterpart: Counterpart) -> None:
    assert {*counterpart.reads, *counterpart.writes} <= TABLES
    if not counterpart.jobs:
        assert counterpart.remark.endswith(".")
        assert (counterpart.reads, counterpart.writes) == ((), ())
    elif "refresh.*" not in counterpart.jobs:  # the views are the operator's
        assert counterpart.reads
        assert counterpart.writes


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_what_a_job_keeps_is_among_what_its_row_writes(job: Any) -> None:
    target = getattr(getattr(job.run, "__self__", None), "target", None)
    if target is None or job.name in OURS:
        return
    [row] = [each for each in COUNTERPARTS if job.name in standing_for(each, [job.name])]
    assert ".".join(target.name) in row.writes


def test_a_row_is_a_line_and_a_job_that_is_off_is_said_to_be() -> None:
    text = schedule_table(JOBS, ["hourly_play_counts"])
    rows = [line for line in text.splitlines() if line]
    assert len(rows) == 2 + len(COUNTERPARTS) + 2 + len(OURS)
    assert rows[2].startswith(
        "| Hourly play counts | 30 s | flag / lock of 600 s | `hourly_play_counts` (off) | 30 s | `plays` | `plays` |"
    )
    assert {line.count("|") for line in rows[: 2 + len(COUNTERPARTS)]} == {10}


def test_the_verb_prints_it_for_the_settings_and_asks_no_database() -> None:
    nowhere = ["--database", "postgresql://nobody@127.0.0.1:1/none"]
    found = CliRunner().invoke(app, ["jobs", "list", "--markdown", *nowhere])
    assert (found.exit_code, found.output) == (0, schedule_table(JOBS))
    as_json = CliRunner().invoke(app, ["jobs", "list", "--markdown", "--json", *nowhere])
    assert (as_json.exit_code, "hourly_play_counts" in as_json.output) == (0, True)
