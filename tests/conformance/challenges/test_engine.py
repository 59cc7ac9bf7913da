"""Domain scenarios S1 to S9: what holds for every challenge."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.challenges.first_playlist import FIRST_PLAYLIST
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from backbeat.incremental.transaction import Session, checked_by
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from harness.challenge_jobs import in_batches_of
from harness.challenge_world import (
    EPOCH,
    ChallengeWorld,
    Row,
    arrival,
    comment,
    contest,
    play,
    playlist,
    purchase,
    remix,
    repost,
    score,
    tip,
    track,
    user,
)

CHECKPOINT = "challenges:u:last_blocknumber"
CHALLENGES = [job for job in JOBS if job.name.startswith("challenges.") and "trending" not in job.name]
each = pytest.mark.parametrize("job", CHALLENGES, ids=lambda job: job.name)


class Ticking:
    """A job as something that a world runs."""

    def __init__(self, job: Job) -> None:
        self.name = job.name
        self._run = job.run

    async def incremental(self, session: Session) -> Any:
        return await self._run(session)


def something_for_everybody() -> list[Row]:
    return [
        user(1, verified=True, handle_lc="h"), user(2), track(1, 1, pinned_comment_id=1), track(2, 2),
        *[track(10 + number, 1) for number in range(3)], playlist(1, 1, 1), remix(1, 2), repost(1, 2),
        comment(1, 2, 1), contest(16, 1, [2]), arrival(2, referrer=1, mobile=True), play(1, 2),
        purchase(2, 1, 5_000_000), score(2, 5, EPOCH), tip(1, 2),
    ]  # fmt: skip


async def positions(challenges: ChallengeWorld) -> list[tuple[Any, ...]]:
    return await challenges.all(
        """
        SELECT tablename, last_checkpoint::text FROM indexing_checkpoints
        UNION ALL SELECT name, snapshot::text FROM backbeat.consumers
        UNION ALL SELECT name, reached_at::text FROM backbeat.clocks
        """
    )


@each
@pytest.mark.parametrize("change", ["UPDATE challenges SET active = false", "DELETE FROM challenges"])
async def test_s1_without_an_active_row_nothing_happens(challenges: ChallengeWorld, job: Job, change: str) -> None:
    await challenges.connection.execute(change.encode())
    await challenges.block(something_for_everybody())
    await challenges.run(Ticking(job))
    assert (await challenges.rows(), await positions(challenges)) == ([], [])


@each
async def test_s2_twice_is_once(challenges: ChallengeWorld, job: Job) -> None:
    await challenges.connection.execute("UPDATE challenges SET active = true")
    await challenges.block(something_for_everybody())
    await challenges.run(Ticking(job))
    before = await challenges.all("TABLE user_challenges ORDER BY 1, 3")
    assert before or job.name == "challenges.profile_steps"
    if job.rebuild:
        await job.rebuild(Session(challenges.connection))
    await challenges.block(something_for_everybody()[:2], at=challenges.now + timedelta(seconds=1))
    await challenges.run(Ticking(job))
    assert await challenges.all("TABLE user_challenges ORDER BY 1, 3") == before


async def test_s3_a_complete_row_keeps_its_amount(challenges: ChallengeWorld) -> None:
    await challenges.block(*(track(number, 1) for number in range(3)))
    await challenges.run(TRACK_UPLOAD)
    before = await challenges.all("TABLE user_challenges")
    await challenges.set("u", amount="3")
    await challenges.block(track(9, 1))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.all("TABLE user_challenges") == before


async def test_s4_an_incomplete_row_takes_the_new_amount(challenges: ChallengeWorld) -> None:
    await challenges.block(track(1, 1))
    await challenges.run(TRACK_UPLOAD)
    await challenges.set("u", amount="3")
    await challenges.block(track(2, 1))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|no|2|3"]


@pytest.mark.parametrize(("amount", "expected"), [("many", 0), ("", 0), ("-1", -1), ("1.5", 0)])
async def test_an_amount_that_is_no_integer_counts_as_nothing(
    challenges: ChallengeWorld, amount: str, expected: int
) -> None:
    await challenges.set("u", amount=amount)
    await challenges.block(track(1, 1))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == [f"u|1|1|no|1|{expected}"]


async def test_s5_a_checkpoint_ahead_of_the_chain_stays(challenges: ChallengeWorld) -> None:
    await challenges.set("u", starting_block=0)
    await challenges.connection.execute("INSERT INTO indexing_checkpoints VALUES (%s, 200)", [CHECKPOINT])
    await challenges.block(track(1, 1), number=101)
    await challenges.run(TRACK_UPLOAD)
    assert (await challenges.rows(), await challenges.checkpoint(CHECKPOINT)) == ([], 200)


async def test_s6_a_checkpoint_moves_to_the_newest_row(challenges: ChallengeWorld) -> None:
    await challenges.set("u", starting_block=0)
    await challenges.connection.execute("INSERT INTO indexing_checkpoints VALUES (%s, 100)", [CHECKPOINT])
    await challenges.block(user(1), number=100)
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.checkpoint(CHECKPOINT) == 100
    for number in (101, 103, 105):
        await challenges.block(track(number, 1), number=number)
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.checkpoint(CHECKPOINT) == 105


async def test_s7_a_full_batch_ends_between_blocks_and_loses_nothing(challenges: ChallengeWorld) -> None:
    small = in_batches_of(5, TRACK_UPLOAD)
    await challenges.set("u", starting_block=0)
    await challenges.connection.execute("INSERT INTO indexing_checkpoints VALUES (%s, 100)", [CHECKPOINT])
    await challenges.block(*(track(number, number) for number in range(1, 4)), number=119)
    await challenges.block(*(track(number, number) for number in range(4, 24)), number=120)
    report = await small.incremental(Session(challenges.connection))
    assert (report.more, await challenges.checkpoint(CHECKPOINT)) == (True, 119)
    assert len(await challenges.rows()) == 3
    await challenges.run(small)
    assert (len(await challenges.rows()), await challenges.checkpoint(CHECKPOINT)) == (23, 120)


async def test_s8_a_failure_takes_back_its_own_work_only(challenges: ChallengeWorld) -> None:
    async def fail(_connection: AsyncConnection[Any]) -> None:
        raise RuntimeError

    await challenges.block(user(1, verified=True), playlist(1, 1, 7))
    with pytest.raises(RuntimeError):
        await FIRST_PLAYLIST.incremental(Session(challenges.connection, checked_by(fail)))
    await challenges.run(PROFILE_VERIFIED)
    assert await challenges.rows() == ["v|1|1|yes|1|5"]
    assert await challenges.checkpoint("challenges:fp:last_blocknumber") is None
    await challenges.run(FIRST_PLAYLIST)
    assert await challenges.rows() == ["fp|1|1|yes|1|2", "v|1|1|yes|1|5"]


async def test_s9_a_block_that_is_not_whole_yet_is_not_passed(challenges: ChallengeWorld) -> None:
    await challenges.block(track(1, 1))
    await challenges.run(TRACK_UPLOAD)
    number = challenges.block_number + 1
    # some other writer's row of the next block is visible before the block is committed
    await challenges.connection.execute("INSERT INTO blocks (blockhash, number) VALUES ('x', %s)", [number])
    await challenges.connection.execute(
        """
        INSERT INTO tracks (track_id, owner_id, is_current, is_delete, created_at, updated_at, blocknumber)
        VALUES (2, 1, true, false, now(), now(), %s)
        """,
        [number],
    )
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.checkpoint(CHECKPOINT) == number - 1
    await challenges.connection.execute("UPDATE backbeat.cursor SET block_number = %s", [number])
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|no|2|1"]


def test_every_challenge_of_the_catalogue_has_a_job() -> None:
    assert len(CHALLENGES) == 18
    assert PLAY_COUNT_MILESTONES.name in {job.name for job in CHALLENGES}
