"""How challenges begin: on a fresh database, on an adopted one, with and without the past, aloud and in silence."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from backbeat.derived.challenges.all import CHALLENGES
from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.errors import ConfigError
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import catalog
from backbeat.settings import ChallengesSettings, Settings
from harness.challenge_world import (
    EPOCH,
    ChallengeWorld,
    Row,
    arrival,
    comment,
    contest,
    follow,
    play,
    playlist,
    purchase,
    remix,
    repost,
    save,
    score,
    tip,
    track,
    user,
)
from harness.connections import end_session, scripted

NAMES = [one.keeper.name for one in CHALLENGES if one.begins]
PROFILE: dict[str, Any] = {"handle_lc": "h", "bio": "b", "name": "n", "profile_picture": "p", "cover_photo": "c"}


class Begun:
    """A job under given settings, as something that a world runs."""

    def __init__(self, name: str, **settings: Any) -> None:
        [job] = [job for job in catalog(Settings(challenges=ChallengesSettings(**settings))) if job.name == name]
        self.name = name
        self._run = job.run

    async def incremental(self, session: Session) -> Any:
        return await self._run(session)


def all_jobs(**settings: Any) -> list[Begun]:
    return [Begun(name, **settings) for name in NAMES]


def a_past() -> list[Row]:
    """A network in which everybody has earned something of everything."""
    return [
        user(1, verified=True, **PROFILE), user(2), user(3), *[user(number) for number in range(10, 15)],
        *[follow(1, number) for number in range(10, 15)], track(1, 1, pinned_comment_id=1), track(2, 2),
        *[track(10 + number, 1) for number in range(3)], playlist(1, 1, 1), remix(1, 2), repost(1, 2), save(1, 2),
        comment(1, 2, 1), contest(16, 1, [2]), arrival(2, referrer=1, mobile=True), arrival(1, referrer=3),
        *[play(1, 3) for _ in range(250)], purchase(2, 1, 5_000_000), score(2, 5, EPOCH), tip(1, 2),
    ]  # fmt: skip


def news() -> list[Row]:
    """The same happens to others."""
    return [
        user(21, verified=True, **PROFILE), user(22), user(23), *[follow(21, number) for number in range(10, 15)],
        track(21, 21, pinned_comment_id=21), track(22, 22), *[track(30 + number, 21) for number in range(3)],
        playlist(21, 21, 21), remix(21, 22), repost(21, 22), save(21, 22), comment(21, 22, 21), contest(17, 21, [22]),
        arrival(22, referrer=21, mobile=True), arrival(21, referrer=23), *[play(21, 23) for _ in range(250)],
        purchase(22, 21, 5_000_000), score(22, 4, EPOCH), tip(21, 22),
    ]  # fmt: skip


@pytest.fixture
async def everything_on(challenges: ChallengeWorld) -> ChallengeWorld:
    await challenges.connection.execute(
        "UPDATE challenges SET active = true, starting_block = 0 WHERE starting_block > 0"
    )
    await challenges.connection.execute("UPDATE challenges SET active = true")
    return challenges


async def starts(challenges: ChallengeWorld) -> list[tuple[Any, ...]]:
    return await challenges.all(
        """
        SELECT challenge_id, first_run, notifies, caught_up_at IS NOT NULL FROM backbeat.challenge_starts ORDER BY 1
        """
    )


async def earners(challenges: ChallengeWorld) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for challenge_id, user_id in await challenges.all("SELECT challenge_id, user_id FROM user_challenges"):
        found.setdefault(challenge_id, set()).add(user_id)
    return found


async def notifications(challenges: ChallengeWorld) -> int:
    told = "SELECT count(*) FROM notification WHERE type <> 'milestone' AND type !~ '^(tip_|usdc_purchase_)'"
    [(count,)] = await challenges.all(told)
    return int(count)


OLD = {
    "u": {1, 2}, "fp": {1}, "p": {1}, "v": {1}, "cs": {2}, "e": {3}, "p1": {1}, "p2": {1}, "c": {2}, "cp": {2},
    "t": {1}, "w": {2}, "b": {2}, "s": {1}, "m": {2}, "r": {3}, "rv": {1}, "rd": {1, 2}, "ft": {1},
}  # fmt: skip
NEW = {challenge_id: {user_id + 20 for user_id in users} for challenge_id, users in OLD.items()}


async def test_a_backfill_pays_what_was_earned_before(everything_on: ChallengeWorld) -> None:
    await everything_on.block(a_past())
    await everything_on.run(*all_jobs())
    found = await earners(everything_on)
    assert {challenge_id: found[challenge_id] & OLD[challenge_id] for challenge_id in OLD} == OLD
    assert await starts(everything_on) == [(one, "backfill", True, True) for one in sorted(OLD | {"p3": set()})]
    assert await notifications(everything_on) > 0


async def test_from_now_pays_what_comes_and_nothing_of_before(everything_on: ChallengeWorld) -> None:
    jobs = all_jobs(first_run="from_now")
    await everything_on.block(a_past())
    await everything_on.run(*jobs)
    assert await everything_on.rows() == []
    assert await starts(everything_on) == [(one, "from_now", True, True) for one in sorted(OLD | {"p3": set()})]
    await everything_on.block(news())
    await everything_on.run(*jobs)
    found = await earners(everything_on)
    assert {challenge_id: found.get(challenge_id, set()) & NEW[challenge_id] for challenge_id in NEW} == NEW
    # the list of ten tracks is of the present, and so is who reposted them
    assert {one: users & OLD[one] for one, users in found.items() if users & OLD.get(one, set())} == {"t": {1}}


@pytest.mark.parametrize("name", NAMES)
async def test_from_now_an_edited_catalogue_makes_nobody_earn(everything_on: ChallengeWorld, name: str) -> None:
    job = Begun(name, first_run="from_now")
    await everything_on.block(a_past())
    await everything_on.run(job)
    await everything_on.connection.execute("UPDATE challenges SET amount = '77'")
    await everything_on.block(user(50), play(999, 50), track(999, 50), *[purchase(50, 999, 1) for _ in range(3)])
    await everything_on.run(job)
    if name != "challenges.tastemaker":  # which is about a list of now
        earned = await earners(everything_on)
        assert set().union(*earned.values()) <= {50}


async def test_an_adopted_database_goes_on_where_it_stood(everything_on: ChallengeWorld) -> None:
    await everything_on.block(a_past())
    await everything_on.connection.execute(
        """
        INSERT INTO indexing_checkpoints (tablename, last_checkpoint)
        SELECT 'challenges:' || name || ':last_blocknumber', (SELECT block_number FROM backbeat.cursor)
        FROM unnest(ARRAY['u', 'fp', 'p', 'cs', 'c', 'm', 'r', 'rv', 'rd']) AS name
        """
    )
    adopted = [
        "challenges.track_upload", "challenges.first_playlist", "challenges.profile_completion", "challenges.cosign",
        "challenges.first_weekly_comment", "challenges.mobile_install", "challenges.referral", "challenges.referred",
    ]  # fmt: skip
    jobs = [Begun(name, backfill_notifies=False) for name in adopted]
    await everything_on.run(*jobs)
    assert await everything_on.rows() == []
    assert {caught_up for *_, caught_up in await starts(everything_on)} == {True}
    await everything_on.block(news())
    await everything_on.run(*jobs)
    found = await earners(everything_on)
    assert found == {one: NEW[one] for one in ("u", "fp", "p", "cs", "c", "m", "r", "rv", "rd")}
    assert await notifications(everything_on) > 0  # going on is no backfill, so it is not silent


async def test_a_silent_backfill_completes_and_tells_nobody(everything_on: ChallengeWorld) -> None:
    jobs = all_jobs(backfill_notifies=False)
    await everything_on.block(a_past())
    await everything_on.run(*jobs)
    complete = await everything_on.all("SELECT count(*) FROM user_challenges WHERE is_complete")
    assert (complete[0][0] > 15, await notifications(everything_on)) == (True, 0)
    assert {(notifies, caught_up) for _, _, notifies, caught_up in await starts(everything_on)} == {(False, True)}
    await everything_on.block(news())
    await everything_on.run(*jobs)
    assert await notifications(everything_on) > 0


async def test_a_silent_backfill_in_batches_is_silent_to_its_end(
    everything_on: ChallengeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = type(LISTEN_STREAK.feed)(LISTEN_STREAK.feed.checkpoint, "plays", LISTEN_STREAK.feed.stamp, 1)
    monkeypatch.setattr(LISTEN_STREAK, "feed", small)
    for day in range(9):
        await everything_on.block(play(1, 3, created_at=EPOCH.replace(day=1 + day)))
    job = Begun(LISTEN_STREAK.name, backfill_notifies=False)
    for _ in range(8):
        await job.incremental(Session(everything_on.connection))
    assert (await starts(everything_on))[0][3] is False
    await everything_on.run(job)
    assert (await starts(everything_on))[0][3] is True
    assert len(await everything_on.rows("e")) == 3
    assert await notifications(everything_on) == 0
    await everything_on.block(play(1, 3, created_at=EPOCH.replace(day=10)))
    await everything_on.run(job)
    assert await notifications(everything_on) == 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("policy", ["backfill", "from_now"])
async def test_s51_an_inactive_challenge_does_not_begin(challenges: ChallengeWorld, name: str, policy: str) -> None:
    job = Begun(name, first_run=policy)
    await challenges.connection.execute("UPDATE challenges SET active = false")
    await challenges.block(a_past())
    await challenges.run(job)
    assert await starts(challenges) == []
    assert await challenges.all("TABLE indexing_checkpoints") == []
    assert await challenges.all("TABLE backbeat.consumers") == []


async def test_from_now_counts_from_when_it_is_switched_on(challenges: ChallengeWorld) -> None:
    job = Begun(LISTEN_STREAK.name, first_run="from_now")
    await challenges.block(play(1, 3))
    await challenges.run(job)
    await challenges.set("e", active=True)
    await challenges.block(play(1, 4))
    await challenges.run(job)
    assert await challenges.rows() == []
    await challenges.block(play(1, 5))
    await challenges.run(job)
    assert [row.split("|")[2] for row in await challenges.rows()] == ["5"]


async def test_the_word_of_the_first_time_stands(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1, verified=True))
    await challenges.run(Begun("challenges.profile_verified", first_run="from_now"))
    await challenges.run(Begun("challenges.profile_verified", first_run="backfill"))
    assert await challenges.rows() == []
    assert await starts(challenges) == [("v", "from_now", True, True)]


async def test_one_challenge_may_begin_otherwise(challenges: ChallengeWorld) -> None:
    await challenges.block(a_past())
    await challenges.run(*all_jobs(first_run="from_now", first_run_of={"v": "backfill"}))
    assert await challenges.rows() == ["v|1|1|yes|1|5"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"first_run_of": {"tt": "backfill"}}, "challenge_unknown"),
        ({"first_run_of": {"p1": "from_now"}}, "first_run_mixed"),
    ],
)
def test_settings_that_cannot_be_followed_are_refused(settings: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigError) as raised:
        catalog(Settings(challenges=ChallengesSettings(**settings)))
    assert raised.value.code == code


@pytest.mark.parametrize(("policy", "expected"), [("backfill", ["rv|3:2|3|yes|1|1"]), ("from_now", [])])
async def test_a_challenge_that_joins_another_begins_for_itself(
    challenges: ChallengeWorld, policy: str, expected: list[str]
) -> None:
    """``r`` and ``rv`` are one job; ``rv`` is switched on later."""
    await challenges.set("rv", active=False)
    job = Begun("challenges.referral", first_run=policy)
    await challenges.run(job)
    await challenges.block(user(3, verified=True), arrival(2, referrer=3))
    await challenges.run(job)
    assert await challenges.rows() == []
    await challenges.set("rv", active=True)
    await challenges.block()
    await challenges.run(job)
    assert await challenges.rows() == expected


@pytest.mark.parametrize("notifies", [True, False])
async def test_a_tier_that_joins_is_backfilled_in_silence_if_so_wished(
    challenges: ChallengeWorld, notifies: bool
) -> None:
    await challenges.set("p2", active=False, step_count=2)
    job = Begun("challenges.play_count_milestones", backfill_notifies=notifies)
    await challenges.block(user(1, verified=True), track(1, 1), play(1), play(1), play(1))
    await challenges.run(job)
    await challenges.set("p1", step_count=1)
    await challenges.set("p2", active=True)
    await challenges.block()
    await challenges.run(job)
    told = await challenges.all("SELECT data ->> 'challenge_id' FROM notification WHERE type = 'reward_in_cooldown'")
    assert len(await challenges.rows("p1", "p2")) == 2
    assert told == [("p2",) if notifies else ("p1",)]  # one of the two, since they come within an hour
    assert (await starts(challenges))[1] == ("p2", "backfill", notifies, True)


async def test_from_now_a_lost_position_pays_since_then_and_nothing_of_before(challenges: ChallengeWorld) -> None:
    """As after a dump was restored elsewhere: what changed meanwhile cannot be told, so everything since is judged."""
    job = Begun(AUDIO_MATCHING_BUYER.name, first_run="from_now")
    now = datetime.now(UTC).replace(tzinfo=None)
    await challenges.block(user(1), user(2), track(1, 1), track(2, 1), purchase(2, 1, 5_000_000))
    await challenges.run(job)
    await challenges.connection.execute("UPDATE backbeat.consumers SET epoch = 7")
    await challenges.block(purchase(2, 2, 6_000_000), at=now.replace(year=now.year + 1))
    await challenges.run(job)
    assert await challenges.rows() == ["b|2:2|2|yes|1|6"]


@pytest.mark.parametrize("policy", ["backfill", "from_now"])
@pytest.mark.parametrize("name", [AUDIO_MATCHING_BUYER.name, "challenges.referral", LISTEN_STREAK.name])
async def test_death_at_any_exchange_of_a_beginning(
    everything_on: ChallengeWorld, module_database_url: str, name: str, policy: str
) -> None:
    """What came before is paid once or never, as decided; what comes after the death is paid once."""
    await everything_on.block(a_past())
    ended = False
    for at in range(1, 60):
        await everything_on.connection.execute("DELETE FROM user_challenges")
        await everything_on.connection.execute(
            """
            TRUNCATE indexing_checkpoints, challenge_listen_streak, backbeat.consumers, backbeat.challenge_starts,
                notification
            """
        )
        victim = await scripted(module_database_url)
        victim.at = at

        async def kill(pid: int = victim.info.backend_pid) -> None:
            await end_session(everything_on.connection, pid)

        victim.before = kill
        job = Begun(name, first_run=policy, backfill_notifies=False)
        try:
            for _ in range(3):
                await job.incremental(Session(victim))
        except psycopg.OperationalError:
            pass
        else:
            ended = True
        await victim.close()
        await everything_on.run(Begun(name, first_run=policy, backfill_notifies=False))
        rows = await everything_on.rows()
        assert bool(rows) == (policy == "backfill"), f"died before exchange {at}"
        assert await notifications(everything_on) == 0
        if ended:
            assert at > 8
            return
    pytest.fail("the beginning never ended")
