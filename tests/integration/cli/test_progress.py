"""How far long work is, of each verb that does it."""

from pathlib import Path
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain.recording import iter_transactions
from backbeat.cli import passes
from backbeat.clock import SystemClock
from backbeat.db import index_builds
from backbeat.db.migrate import migrate
from backbeat.incremental.sweep import END, Sweep
from builders.terminal import backbeat

FIRST, SECOND = Sweep("first", "users", "user_id", 10), Sweep("second", "aggregate_user", "user_id", 10)


async def test_a_rebuild_by_ranges_tells_how_far_all_of_them_are(connection: AsyncConnection[Any]) -> None:
    await connection.execute(
        "INSERT INTO users (user_id, is_current, is_verified, created_at, updated_at, txhash)"
        " SELECT n, true, false, now(), now(), 'tx' FROM generate_series(1, 100) AS n"
    )
    await connection.execute(
        "INSERT INTO backbeat.rounds (name, started_at, after_key) VALUES ('first', now(), -1), ('second', now(), 40)"
    )
    reached = [await passes._reached(connection, (FIRST, SECOND))]
    for key in (30, END):
        await connection.execute("UPDATE backbeat.rounds SET after_key = %s WHERE name = 'first'", (key,))
        reached.append(await passes._reached(connection, (FIRST, SECOND)))
    await connection.execute("UPDATE backbeat.rounds SET after_key = %s", (END,))
    assert reached == [(0, 200), (30, 200), (140, 200)]
    assert await passes._reached(connection, (FIRST, SECOND)) is None


async def test_migrating_tells_each_step(empty_database_url: str) -> None:
    told: list[tuple[str, int, int]] = []
    report = await migrate(
        empty_database_url, clock=SystemClock(), tell=lambda step, done, steps: told.append((step, done, steps))
    )
    steps = len(report.applied) + 1
    assert told == [
        *((each.migration.label, number, steps) for number, each in enumerate(report.applied)),
        ("functions, views and triggers", steps - 1, steps),
    ]


async def test_no_index_is_told_of_where_none_is_built(connection: AsyncConnection[Any]) -> None:
    assert await index_builds.building(connection, "backbeat/migrate") is None


@pytest.mark.parametrize(
    ("build", "size"),
    [
        ((3, 10, 0, 0), ("blocks", 3, 10)),
        ((10, 0, 4, 9), ("rows", 4, 9)),
        ((0, 0, 0, 0), None),
    ],
)
def test_a_phase_of_an_index_counts_blocks_or_rows(build: tuple[int, int, int, int], size: object) -> None:
    assert index_builds.IndexBuild("building index", "users", *build).size == size


def test_a_recording_tells_the_byte_it_is_read_to(tmp_path: Path) -> None:
    recording = tmp_path / "made.pb"
    assert backbeat("simulate", "--transactions", str(recording), "--blocks", "5").status == 0
    told: list[int] = []
    count = len(list(iter_transactions(recording, told.append)))
    assert len(told) == count
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] < recording.stat().st_size


LONG = (
    ["audit", "aggregates.users"],
    ["jobs", "audit", "user_listening_history"],
    ["jobs", "rebuild", "scores.users", "--dry-run"],
    ["migrate"],
)


@pytest.mark.parametrize("arguments", LONG)
@pytest.mark.parametrize("as_json", [False, True])
def test_standard_output_is_the_answer_alone(
    database_url: str,
    arguments: list[str],
    as_json: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backbeat.cli.progress.TELL_SECONDS", 0.001)
    given = [*arguments, "--database", database_url]
    answer = backbeat(*given, *(["--json"] if as_json else []))
    assert answer.status in {0, 3}
    assert "so far" not in answer.out
    if as_json:
        assert answer.json is not None
        assert all(line.startswith('{"progress":') for line in answer.err.splitlines())
