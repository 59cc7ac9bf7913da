"""What a run sends to the server, statement by statement: counted where they leave the driver."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from jobs_bench import Bench
from psycopg import AsyncConnection
from sql_files import SOURCE

from backbeat.db.pool import Lanes
from backbeat.jobs import cost
from backbeat.jobs.catalog import find
from bench.idle_hour import counted
from bench.statements import Names
from harness.challenge_world import ChallengeWorld, play, track, user, wipe_challenges

MakeBench = Callable[..., Bench]

NAMES = Names(SOURCE / "backbeat")
OF_THE_WORK = {
    "challenges.play_count_milestones": {"derived/challenges/play_count_milestones_played": 1, "incremental/merge": 1},
    "challenges.listen_streak": {"derived/challenges/listen_streak_heard": 1},
    "user_listening_history": {"derived/plays/listening_history_add": 1},
}
"""What is each job's own."""

LOOKED = {
    "challenges.play_count_milestones": "db/together: questions",
    "challenges.listen_streak": "db/together: questions",
    "user_listening_history": "incremental/window",
}
"""One statement asks what is new, in all feeds, and for the rewards."""


@pytest.mark.parametrize("name", OF_THE_WORK)
async def test_a_run_with_news_sends_its_work_and_five_statements(
    name: str, bench: MakeBench, lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await wipe_challenges(connection)
    world, runner = ChallengeWorld(connection), bench(find(name)).runner
    await connection.execute("UPDATE challenges SET active = true")
    await world.block(user(1, verified=True), user(2), track(10, 1))
    for _ in range(3):
        await world.block(play(10, 2))
        await runner.run_once(name)
    await world.block(play(10, 2))
    with counted() as texts:
        report = await runner.run_once(name)
    sent: Counter[str] = Counter()
    for text, count in texts.items():
        sent[NAMES.of(text)] += count
    assert not report.is_quiet
    assert sent.pop("jobs/look") == 1, "of who asked for the run, and no part of it"
    is_old = lanes.info.major < cost.SESSIONS_COUNT_SINCE
    assert sent == {
        "jobs/claim": 1,
        LOOKED[name]: 1,
        "incremental/positions_hold": 1,
        **OF_THE_WORK[name],
        "db/together: writes": 1,  # the positions, and the proof of the lease
        "jobs/finish": 1,
        **({"jobs/transaction_cost": 1} if is_old else {}),
    }
