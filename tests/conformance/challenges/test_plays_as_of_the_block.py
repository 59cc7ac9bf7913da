"""What plays, purchases and trending pay follows from blocks, not from when jobs run: decision 0054."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER
from backbeat.derived.challenges.first_tip import FIRST_TIP
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.challenges.tastemaker import TASTEMAKER
from backbeat.derived.challenges.weekly_trending import tracks
from backbeat.incremental.transaction import Session
from builders.clocks import HeldClock
from harness.challenge_world import (
    EPOCH,
    ChallengeWorld,
    Row,
    play,
    playlist,
    purchase,
    repost,
    save,
    score,
    tip,
    track,
    user,
)

DAY = timedelta(days=1)
MORNING = EPOCH.replace(month=1, day=1, hour=12)
FRIDAY = datetime(2026, 5, 22, 10)  # noqa: DTZ001 - the network's columns hold naive UTC

Blocks = Callable[..., Awaitable[None]]


@pytest.fixture(params=[True, False], ids=["at_the_end", "after_every_block"])
def blocks(request: pytest.FixtureRequest, challenges: ChallengeWorld) -> Blocks:
    """Commit blocks, and run the jobs at the end or after each."""

    async def commit(jobs: Sequence[Any], *each: Sequence[Row]) -> None:
        for rows in each:
            await challenges.block(rows)
            if not request.param:
                await challenges.run(*jobs)
        await challenges.run(*jobs)

    return commit


def heard(*days: float, user_id: int = 610) -> list[list[Row]]:
    return [[play(1, user_id, created_at=MORNING + day * DAY)] for day in days]


async def completed(challenges: ChallengeWorld, *challenge_ids: str) -> list[tuple[Any, ...]]:
    """Return (specifier, block, time) of complete rows."""
    return await challenges.all(
        """
        SELECT specifier, completed_blocknumber, completed_at FROM user_challenges
        WHERE is_complete AND challenge_id = ANY (%s) ORDER BY completed_blocknumber, specifier
        """,
        list(challenge_ids),
    )


async def test_e_a_streak_keeps_its_name_through_days_without_an_account(
    challenges: ChallengeWorld, blocks: Blocks
) -> None:
    await challenges.set("e", active=True)
    history = [*heard(0, 1), [user(610, deactivated=True)], *heard(3), [user(610)], *heard(4, 5, 6, 7, 8, 9, 10)]
    await blocks([LISTEN_STREAK], [user(610, deactivated=True)], *history[:1], [user(610)], *history[1:])
    assert await challenges.rows() == [
        "e|2622025010112|610|no|2|7",
        "e|2622025010412|610|yes|7|7",
        "e|2622025011112|610|yes|1|1",
    ]


async def test_e_days_without_an_account_earn_nothing(challenges: ChallengeWorld, blocks: Blocks) -> None:
    await challenges.set("e", active=True)
    gone = [user(610, deactivated=True)]
    await blocks([LISTEN_STREAK], *heard(0, 1, 2, 3, 4, 5), gone, *heard(6, 7), [user(610)], *heard(8))
    assert await challenges.rows() == ["e|2622025010112|610|no|6|7", "e|2622025010912|610|yes|1|1"]
    assert await challenges.all("SELECT listen_streak FROM challenge_listen_streak") == [(9,)]


async def test_e_is_dated_with_the_block_of_the_play(challenges: ChallengeWorld, blocks: Blocks) -> None:
    await challenges.set("e", active=True)
    first = challenges.block_number + 1
    await blocks([LISTEN_STREAK], *heard(*range(8)), [user(1)])
    assert await completed(challenges, "e") == [
        ("2622025010112", first + 6, MORNING + 6 * DAY),
        ("2622025010812", first + 7, MORNING + 7 * DAY),
    ]
    told = "SELECT data -> 'listen_streak' FROM notification WHERE type = 'challenge_reward' ORDER BY blocknumber"
    assert await challenges.all(told) == [(7,), (8,)]


async def test_e_pays_by_the_catalogue_of_the_day(challenges: ChallengeWorld) -> None:
    await challenges.set("e", active=True)
    for rows in heard(*range(8)):
        await challenges.block(rows)
    await challenges.set("e", amount="5")
    for rows in heard(8):
        await challenges.block(rows)
    await challenges.set("e", active=False)
    await challenges.run(LISTEN_STREAK)
    assert [row.rsplit("|", 1)[1] for row in await challenges.rows()] == ["7", "1", "5"]


async def test_p_is_completed_by_the_block_that_reached_it(challenges: ChallengeWorld, blocks: Blocks) -> None:
    first = challenges.block_number + 1
    began = [user(1, verified=True), track(1, 1), *[play(1)] * 200]
    await blocks([PLAY_COUNT_MILESTONES], began, [play(1)] * 49, [play(1)] * 3, [play(1)] * 7)
    at = EPOCH + timedelta(seconds=15)
    assert await completed(challenges, "p1") == [("1:250", first + 2, at)]
    assert await challenges.rows("p2") == ["p2|1:1000|1|no|259|100"]
    since = "SELECT created_at AT TIME ZONE 'UTC' FROM user_challenges WHERE challenge_id = 'p2'"
    assert await challenges.all(since) == [(at,)]


@pytest.mark.parametrize(
    ("later", "paid"),
    [
        ([track(1, 1, is_delete=True)], True),
        ([track(1, 2)], True),
        ([user(1, verified=False)], True),
        ([user(1, verified=True, deactivated=True)], True),
    ],
)
async def test_p_stays_paid_whatever_comes_behind(
    challenges: ChallengeWorld, blocks: Blocks, later: list[Row], paid: bool
) -> None:
    first = challenges.block_number + 1
    await blocks([PLAY_COUNT_MILESTONES], [user(1, verified=True), track(1, 1), *[play(1)] * 251], later, [play(1)])
    assert [block for _, block, _ in await completed(challenges, "p1")] == [first] * paid


async def test_p_counts_the_tracks_that_are_the_artists_then(challenges: ChallengeWorld, blocks: Blocks) -> None:
    first = challenges.block_number + 1
    await blocks(
        [PLAY_COUNT_MILESTONES],
        [user(1, verified=True), user(2, verified=True), track(1, 1), track(2, 2), *[play(1)] * 200, *[play(2)] * 100],
        [track(1, 2)],
        [play(1)] * 60,
        [track(1, 1)],
        [play(1)] * 5,
    )
    assert await completed(challenges, "p1") == [
        ("2:250", first + 1, EPOCH + timedelta(seconds=10)),
        ("1:250", first + 3, EPOCH + timedelta(seconds=20)),
    ]
    assert await challenges.rows("p2") == ["p2|1:1000|1|no|265|100", "p2|2:1000|2|no|360|100"]


async def test_p_is_completed_by_the_verification_where_that_came_last(
    challenges: ChallengeWorld, blocks: Blocks
) -> None:
    first = challenges.block_number + 1
    await blocks(
        [PLAY_COUNT_MILESTONES],
        [user(1), track(1, 1), *[play(1)] * 260],
        [user(1, verified=True)],
        [user(1)],
        [play(1)],
    )
    assert await completed(challenges, "p1") == [("1:250", first + 1, EPOCH + timedelta(seconds=10))]


async def test_p_follows_the_catalogue_as_of_each_block(challenges: ChallengeWorld, blocks: Blocks) -> None:
    first = challenges.block_number + 1
    await challenges.block(user(1, verified=True), track(1, 1), [play(1)] * 90)
    await challenges.set("p1", step_count=100, amount="3")
    await challenges.block([play(1)] * 15)
    await challenges.set("p1", step_count=250, amount="25")
    await blocks([PLAY_COUNT_MILESTONES], [play(1)])
    assert await completed(challenges, "p1") == [("1:250", first + 1, EPOCH + timedelta(seconds=10))]
    assert await challenges.rows("p1") == ["p1|1:250|1|yes|100|3"]


async def test_a_purchase_is_judged_by_the_block_of_its_time(challenges: ChallengeWorld, blocks: Blocks) -> None:
    first = challenges.block_number + 1
    at = EPOCH + timedelta(seconds=6)  # in the first block
    bought = purchase(7, 5, 3_000_000, created_at=at)
    await blocks(
        [AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER],
        [user(1, verified=True), user(2), user(7), track(5, 1)],
        [bought],
        [track(5, 2), user(1), user(7, deactivated=True)],
    )
    assert await challenges.rows("b", "s") == ["b|7:5|7|yes|1|3", "s|7:5|1|yes|1|15"]
    assert await completed(challenges, "b", "s") == [("7:5", first, at)] * 2


async def test_a_late_purchase_is_judged_as_if_it_had_come_in_time(challenges: ChallengeWorld, blocks: Blocks) -> None:
    at = EPOCH + timedelta(seconds=6)
    await blocks(
        [AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER],
        [user(1), user(7), playlist(5, 1, 4)],
        [user(1, verified=True)],
        [purchase(7, 5, 3_000_000, "album", created_at=at)],
    )
    assert await challenges.rows("b", "s") == ["b|7:5|7|yes|1|3"]  # the seller was not verified yet


async def test_a_tip_is_judged_by_the_block_of_its_time(challenges: ChallengeWorld, blocks: Blocks) -> None:
    await challenges.connection.execute(
        "INSERT INTO challenges (id, type, amount, active) VALUES ('ft', 'boolean', '2', true) "
        "ON CONFLICT (id) DO UPDATE SET active = true"
    )
    first = challenges.block_number + 1
    at = EPOCH + timedelta(seconds=6)
    await blocks([FIRST_TIP], [user(7)], [tip(7, 8, created_at=at)], [user(7, deactivated=True)])
    assert await completed(challenges, "ft") == [("7", first, at)]


async def test_t_is_paid_in_the_block_of_the_act(challenges: ChallengeWorld, blocks: Blocks) -> None:
    await challenges.block(track(1, 9), score(1, 5, EPOCH), user(101), user(102))
    await challenges.run(TASTEMAKER)
    first = challenges.block_number + 1
    await blocks(
        [TASTEMAKER],
        [repost(101, 1)],
        [save(102, 1), user(103, deactivated=True)],
        [repost(101, 1, undo=True), save(103, 1)],
        [user(103)],
    )
    assert await completed(challenges, "t") == [
        (f"{number:x}:t:1", block, EPOCH + timedelta(seconds=5 * (block - first + 2)))
        for number, block in ((101, first), (102, first + 1), (103, first + 3))
    ]


async def test_t_a_list_that_no_run_would_hear_of_waits_for_the_next_block(challenges: ChallengeWorld) -> None:
    await challenges.block(track(1, 9), track(2, 9, is_delete=True), score(2, 5, EPOCH), repost(101, 1))
    await challenges.run(TASTEMAKER)
    await challenges.connection.execute("UPDATE track_trending_scores SET track_id = 1")
    await challenges.run(TASTEMAKER, TASTEMAKER)
    assert (await TASTEMAKER.audit(challenges.connection)).is_clean
    await challenges.block()
    await challenges.run(TASTEMAKER)
    assert [(one, block) for one, block, _ in await completed(challenges, "t")] == [("65:t:1", challenges.block_number)]
    assert (await TASTEMAKER.audit(challenges.connection)).is_clean


@pytest.mark.parametrize("late", ["act", "return"])
async def test_t_what_is_written_late_counts_for_the_list_of_its_block(challenges: ChallengeWorld, late: str) -> None:
    """As a replay of refused transactions writes it, when another list is the newest."""
    acts = [repost(101, 1), user(101, deactivated=True)] if late == "return" else [user(101)]
    await challenges.block(track(1, 9), score(1, 5, EPOCH), *acts)
    await challenges.run(TASTEMAKER)
    await challenges.block()
    then = challenges.block_number
    await challenges.block(score(1, 0, EPOCH), track(1, 9, is_delete=True))
    await challenges.run(TASTEMAKER)
    assert await completed(challenges, "t") == []
    await challenges.block(user(101, blocknumber=then) if late == "return" else repost(101, 1, blocknumber=then))
    await challenges.run(TASTEMAKER)
    assert [(one, block) for one, block, _ in await completed(challenges, "t")] == [("65:t:1", then)]
    assert (await TASTEMAKER.audit(challenges.connection)).is_clean


async def test_t_goes_by_the_lists_that_were_noted(challenges: ChallengeWorld) -> None:
    await challenges.block(track(1, 9), score(1, 5, EPOCH), repost(101, 1))
    await challenges.run(TASTEMAKER)
    paid = await completed(challenges, "t")
    await challenges.block(Row("track_trending_scores", score(1, 0, EPOCH).columns), track(1, 9, is_delete=True))
    await challenges.run(TASTEMAKER)
    await challenges.block(repost(102, 1))
    await challenges.run(TASTEMAKER)
    assert await completed(challenges, "t") == paid
    assert await challenges.all("SELECT tracks FROM backbeat.tastemaker_lists ORDER BY blocknumber") == [([1],), ([],)]
    await challenges.connection.execute("DELETE FROM user_challenges")
    await TASTEMAKER.rebuild(Session(challenges.connection))
    assert await completed(challenges, "t") == paid


async def test_tt_pays_again_by_the_instant_that_was_kept(challenges: ChallengeWorld) -> None:
    clock = HeldClock(FRIDAY)
    await challenges.block(track(1, 500), score(1, 9, FRIDAY), number=200)
    keeper = tracks(clock)
    await challenges.run(keeper)
    paid = await challenges.all("SELECT * FROM user_challenges")
    assert await completed(challenges, "tt") == [("2026-05-22:1", 200, FRIDAY)]
    clock.at += 3 * DAY
    await challenges.block(track(1, 501), Row("track_trending_scores", score(1, 0, FRIDAY).columns), number=300)
    await challenges.connection.execute("DELETE FROM user_challenges")
    report = await keeper.rebuild(Session(challenges.connection))
    assert (report.inserted, (await keeper.audit(challenges.connection)).is_clean) == (1, True)
    assert await challenges.all("SELECT * FROM user_challenges") == paid
