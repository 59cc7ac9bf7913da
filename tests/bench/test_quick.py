"""That the benchmarks still run; what they say at this size means nothing."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clusters import cluster_folder
from depth import DEPTH

from backbeat.jobs.catalog import JOBS
from bench.challenges_cost import measure as costs_of_challenges
from bench.challenges_cost import tables
from bench.schedule.cases import CASES
from bench.schedule_cost import measure as costs_of_schedule
from bench.schedule_cost import tables as tables_of_schedule
from bench.stock import PROGRAMS
from bench.synthetic.library import opened, opened_alone
from bench.synthetic.sizes import sizes
from bench.trending_production import lines
from bench.trending_production import measure as take_turns
from bench.trending_ways import TRENDING
from bench.watching import measure as costs_of_watching
from bench.ways import measure_all

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TESTS = Path(__file__).parents[1]
TINY = 0.001
BESIDE_ITSELF = ("--before", str(Path(sys.executable).parent))
# so few contests, listeners, rewards and plays are there that none may fall due
BY_CHANCE = {"contest_notifications", "listen_streak_reminder", "engagement_notifications", "plays.prune"}
MEASURED = {
    *("catch_up", "plays_copy", "one_block", "memory", "decoding", "merging", "quiet", "capture_cost"),
    *("acts_cost", "history_cost", "with_history", "ceiling", "one_trip"),
}


LONG = pytest.mark.skipif(
    DEPTH != "long", reason="runs whole programs in turn for a minute: make histories asks for it"
)


@pytest.fixture(scope="module")
def tiny() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder


async def test_an_indexer_is_measured_while_it_is_watched(tiny: Path) -> None:
    alone, watched, again = await costs_of_watching(tiny, rate=20, seconds=2, say=lambda _: None)
    assert min(each.commits.transactions for each in (alone, watched, again)) > 1
    assert (alone.session_percent, again.session_percent) == (0, 0)
    assert watched.rows_per_second > 0


async def test_a_short_month_is_told_once_and_exact(tiny: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.month", "--days", "0.1", "--away", "0.04", "0.06", "--data-dir", tiny,
        env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    output, _ = await process.communicate()
    found = msgspec.json.decode(output)
    assert (process.returncode, found["told_twice"]) == (0, 0)
    for name in ("up", "away"):
        month = found[name]
        assert (month["differing"], month["failures"], month["late"]) == ({}, {}, {}), name
        assert month["transactions"] == found["up"]["transactions"] > 0, name
        assert month["audits"] > 0, name


async def test_a_quick_run_measures_everything(tiny: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench", "--quick", "--json", "--data-dir", tiny,
        env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    report = msgspec.json.decode(output)
    assert process.returncode == 0
    assert report["figures"].keys() == MEASURED
    for name, figures in report["figures"].items():
        assert figures, name
        assert all(figure["max"] >= figure["median"] >= figure["min"] >= 0 for figure in figures), name


@LONG
async def test_another_checkout_takes_turns(tiny: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench", "--quick", "--json", "--only", "plays_copy", "--data-dir", tiny,
        "--before", Path(sys.executable).parent,
        env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    (figures,) = msgspec.json.decode(output)["figures"].values()
    assert {figure["name"].split(":")[0] for figure in figures} == {"before", "after", "other work on the machine"}


@LONG
async def test_two_programs_that_are_the_same_make_the_same_rows(tiny: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.same_blocks", "--transactions", "200", "--data-dir", tiny,
        "--before", Path(sys.executable).parent,
        env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b"are the same, 0 tables differ" in output


@LONG
async def test_a_chain_that_is_taken_up_in_every_way_gives_the_same_rows(tiny: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.same_rewards", "--seeds", "1", "--days", "1", "--blocks", "24",
        "--transactions", "60", "--kills", "2", "--data-dir", tiny,
        env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 1, "in a day nobody earns for a week of listening, for one"
    assert b"earned by nobody:" in output
    assert output.count(b"are the same, 0 tables differ") == 7, output.decode()
    assert b"jobs once an hour of the chain, 15 times, 9 times" in output


@pytest.mark.skipif(not os.access(f"{PROGRAMS}/postgres", os.X_OK), reason=f"there is no {PROGRAMS}/postgres")
async def test_a_quick_run_beside_a_server_as_it_is_shipped(tiny: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench", "--quick", "--json", "--only", "stock", "--data-dir", tiny,
        env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    (figures,) = msgspec.json.decode(output)["figures"].values()
    assert sum(bool(figure["budget"]) for figure in figures) == 2


async def test_a_quick_look_at_the_tip_times_rewards(tiny: Path) -> None:
    (report,) = await _found("bench.tip_latency", tiny, "--busy")
    assert report["busy"]
    assert report["all"]["count"] > 0
    assert report["backwards"] == 0
    assert report["all"]["max"] >= report["all"]["p99"] >= report["all"]["p50"] > 0


@LONG
async def test_two_programs_take_turns_at_one_chain_and_write_the_same(tiny: Path) -> None:
    report = await _found("bench.tip_cost", tiny, *BESIDE_ITSELF)
    assert [cost["program"] for cost in report["costs"]] == ["before", "after"]
    for cost in report["costs"]:
        spent, names = cost["used"], {kind["name"] for kind in cost["kinds"]}
        assert min(spent["blocks"], spent["commits"], spent["wal_bytes"], spent["buffers"]) > 0
        assert {"backbeat/indexing", "backbeat/control", "backbeat/jobs", "checkpointer"} <= spent["lanes"].keys()
        assert {"BEGIN", "index/cursor_advance"} <= names, "as the files are called that they stand in"
        assert cost["with_control_per_block"] > cost["statements_per_block"] > 0
    rows = report["rows"]
    assert rows["rows"] > 1_000
    assert rows["differing"] == {}


@LONG
async def test_an_idle_minute_is_counted_by_name(tiny: Path) -> None:
    before, after = await _found("bench.idle_cost", tiny, "--jobs", "catalogue", *BESIDE_ITSELF)
    for idle in (before, after):
        assert "jobs/look" in idle["statements"]
        assert not any(" " in name for name in idle["statements"]), "each stands in a file"
    assert 0.9 < sum(before["statements"].values()) / sum(after["statements"].values()) < 1.1


async def _found(module: str, place: Path, *more: str) -> Any:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, "--quick", "--json", "--data-dir", place, *more,
        env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    return msgspec.json.decode(output)


async def test_three_ways_of_trending_write_the_same(tiny: Path) -> None:
    async with opened(tiny, TINY) as library:
        outcomes = await measure_all(library, TRENDING, list(TRENDING.ways), sizes(TINY))
    by_name = {outcome.way: outcome for outcome in outcomes}
    compatible, incremental = by_name["compatible"], by_name["incremental"]
    for way in (compatible, by_name["compatible_network_indexes"]):
        assert [run.rows_written for run in way.runs] == [run.rows_written for run in incremental.runs]
    assert compatible.runs[0].rows_written == 0
    assert all(run.rows_written > 0 for run in incremental.runs[1:])
    assert incremental.quiet_ms is not None


async def test_ways_of_trending_take_turns_on_one_database(tiny: Path) -> None:
    async with opened_alone(tiny, TINY, {"autovacuum": "off"}) as url:
        outcome = await take_turns(url, sizes(TINY))
    assert outcome.runs["incremental"].keys() > outcome.runs["compatible"].keys()
    assert all(report.compared > 0 and report.is_clean for report in outcome.audits)
    assert len(list(lines(outcome))) > 40


async def test_every_challenge_is_costed(tiny: Path) -> None:
    async with opened(tiny, TINY) as library, library.copy() as url:
        costs = await costs_of_challenges(url, ticks=2, changes=20, plays=500)
    assert len(list(tables(costs))) > 2 * len(costs) > 40
    assert all(cost.idle_ms > 0 for cost in costs)
    assert sum(cost.changed_keys for cost in costs) > 100


async def test_every_job_of_the_schedule_is_costed(tiny: Path) -> None:
    async with opened(tiny, TINY, {"autovacuum": "off"}) as library, library.copy() as url:
        found = await costs_of_schedule(url, sizes(TINY), ticks=1, say=lambda _: None)
    assert {idle.job for idle in found.idle} == {job.name for job in JOBS}
    assert [one.job for one in found.cases] == [case.job for case in CASES if case.job in {job.name for job in JOBS}]
    assert all(one.ours.cost.rows_read > 0 for one in found.cases)
    assert {one.job for one in found.cases if one.keys == 0} <= BY_CHANCE
    assert len(list(tables_of_schedule(found))) == len(found.idle) + len(found.cases) + 6
