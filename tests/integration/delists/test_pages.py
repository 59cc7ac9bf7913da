"""How the notifier is asked: a page a run, nothing skipped and nothing asked for ever, whatever its cursor means."""

from datetime import timedelta
from typing import Any

import pytest

from backbeat.errors import OutgoingError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from harness.challenge_world import user
from harness.delist_stage import Stage
from harness.notifier import at

cursors = pytest.mark.parametrize("is_inclusive", [True, False])


def asked(stage: Stage) -> list[dict[str, str]]:
    return [request.query for request in stage.notifier.server.asked]


async def people(stage: Stage, count: int) -> None:
    await stage.block(at("23:00"), *(user(number) for number in range(1, count + 1)))


async def gone(stage: Stage) -> list[int]:
    return [number for number, is_available, _ in await stage.users() if not is_available]


async def test_a_first_question_has_no_cursor_and_says_who_asks(stage: Stage) -> None:
    await stage.run()
    first = stage.notifier.server.asked[0]
    assert (first.path, first.query) == ("/statuses/users", {"batchSize": "5000"})
    assert first.headers["authorization"].startswith("Basic ")
    await stage.run("tracks")
    assert stage.notifier.server.asked[-1].path == "/statuses/tracks"


@cursors
async def test_a_page_a_run_until_all_are_taken_in(stage: Stage, is_inclusive: bool) -> None:
    await people(stage, 7)
    for number in range(1, 8):
        stage.notifier.decide(number, f"12:0{number}")
    stage.notifier.is_inclusive = is_inclusive
    job = stage.notifier.job(rows_max=3)
    pages = []
    for _ in range(40):
        report = await job.incremental(Session(stage.world.connection))
        pages += [report.inserted] if report.inserted else []
        if report.is_quiet:
            break
    assert pages == [3, 2, 2]  # one that is known comes again with the next page
    assert await gone(stage) == [1, 2, 3, 4, 5, 6, 7]
    assert await stage.cursor() == at("12:07")


@cursors
async def test_statuses_of_one_instant_across_the_end_of_a_page(stage: Stage, is_inclusive: bool) -> None:
    await people(stage, 6)
    for number, minute in enumerate((1, 2, 3, 3, 3, 4), 1):
        stage.notifier.decide(number, f"12:0{minute}")
    stage.notifier.is_inclusive = is_inclusive
    await stage.run(rows_max=4)
    assert await gone(stage) == [1, 2, 3, 4, 5, 6]
    assert len(await stage.log()) == 6


@cursors
@pytest.mark.parametrize("gives", [1_000_000, 12])
async def test_more_statuses_of_one_instant_than_a_page_holds(stage: Stage, is_inclusive: bool, gives: int) -> None:
    """They are asked for together; a notifier that gives no more at once cannot be asked for the rest, and goes on."""
    await people(stage, 32)
    for number in range(1, 31):
        stage.notifier.decide(number, "12:00")
    stage.notifier.decide(31, "12:00:01")
    stage.notifier.is_inclusive, stage.notifier.rows_max = is_inclusive, gives
    await stage.run(rows_max=10, instant_rows_max=40)
    taken = await gone(stage)
    assert taken == ([*range(1, 32)] if gives > 40 else [*range(1, 13), 31])
    assert len(asked(stage)) < 12
    stage.notifier.decide(32, "12:00:02")
    await stage.run(rows_max=10, instant_rows_max=40)
    assert await gone(stage) == [*taken, 32]


@cursors
async def test_a_page_full_of_one_instant_at_the_end_comes_to_rest(stage: Stage, is_inclusive: bool) -> None:
    await people(stage, 150)
    for number in range(1, 150):
        stage.notifier.decide(number, "12:00")
    stage.notifier.is_inclusive = is_inclusive
    await stage.run()
    assert len(await gone(stage)) == 149
    questions = len(asked(stage))
    await stage.run()
    assert len(asked(stage)) - questions == 1
    stage.notifier.decide(150, "12:00:00.001")
    await stage.run()
    assert len(await gone(stage)) == 150


async def test_an_instant_that_is_not_over_is_waited_for(stage: Stage) -> None:
    """What was decided a moment ago may not be visible yet, so the cursor does not go past it."""
    await people(stage, 150)
    for number in range(1, 121):
        stage.notifier.decide(number, "12:00")
    stage.notifier.clock.at = at("12:05")
    await stage.run()
    assert await stage.cursor() == at("12:00")
    stage.notifier.decide(121, "12:00")
    await stage.run()
    assert (await gone(stage))[-1] == 121


COUNTED = """
    SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::int, coalesce(sum(
        coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
    ) FILTER (WHERE relname IN ('users', 'delistings', 'user_delist_statuses')), 0)::int
    FROM pg_stat_xact_user_tables
"""


async def counted(stage: Stage) -> tuple[RunReport, int, int]:
    """Run once; return the report, and how many rows it wrote and read."""
    async with stage.world.connection.transaction():
        [before] = await stage.world.all(COUNTED)
        report = await stage.notifier.job().incremental(Session(stage.world.connection))
        [after] = await stage.world.all(COUNTED)
    return report, after[0] - before[0], after[1] - before[1]


async def test_where_nothing_is_new_nothing_is_written(stage: Stage) -> None:
    await people(stage, 2)
    stage.notifier.decide(1, "12:00")
    await stage.run()
    report, written, _ = await counted(stage)
    assert (report.is_quiet, written) == (True, 0)


async def test_rows_read_follow_what_is_new_and_not_what_there_is(stage: Stage) -> None:
    """A decision: its user, what was decided before, its line, to each of which it comes back; quiet: the last one."""
    await people(stage, 400)
    for number in range(1, 301):
        stage.notifier.decide(number, at("12:00") + timedelta(seconds=number))
    await stage.run()
    await stage.world.connection.execute("ANALYZE")
    stage.notifier.decide(301, "13:00")
    taken_in, applied, quiet = [(await counted(stage))[2] for _ in range(3)]
    assert taken_in <= 3
    assert applied <= 8
    assert quiet <= 1


async def test_a_notifier_that_passes_over_the_cursor_is_told_of(stage: Stage) -> None:
    await people(stage, 20)
    for number in range(1, 11):
        stage.notifier.decide(number, f"12:{number}")
    await stage.run(rows_max=100)
    stage.notifier.rows["users"] *= 12
    serve = stage.notifier.serve

    async def from_the_start(request: Any, writer: Any) -> None:
        await serve(type(request)("/statuses/users?batchSize=5", request.headers), writer)

    stage.notifier.server.script = from_the_start
    with pytest.raises(OutgoingError) as raised:
        await stage.run(rows_max=5)
    assert raised.value.code == "delist_page_useless"
    assert await stage.cursor() == at("12:10")
