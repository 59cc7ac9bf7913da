"""Random lives of a small network: every challenge pays what the naive reference pays, and a rebuild adds nothing."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection
from reference_challenges import Reference, load_tables

from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER
from backbeat.derived.challenges.comment_pin import COMMENT_PIN
from backbeat.derived.challenges.cosign import COSIGN
from backbeat.derived.challenges.first_playlist import FIRST_PLAYLIST
from backbeat.derived.challenges.first_weekly_comment import FIRST_WEEKLY_COMMENT
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.derived.challenges.mobile_install import MOBILE_INSTALL
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.challenges.profile_completion import PROFILE_COMPLETION, PROFILE_STEPS
from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.referral import REFERRAL
from backbeat.derived.challenges.referred import REFERRED
from backbeat.derived.challenges.remix_contest import REMIX_CONTEST_WINNER
from backbeat.derived.challenges.tastemaker import TASTEMAKER
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from harness import CatalogEdit
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
    track,
    user,
    wipe_challenges,
)

FOLLOWED = (
    TRACK_UPLOAD, FIRST_PLAYLIST, PROFILE_STEPS, PROFILE_COMPLETION, PROFILE_VERIFIED, COMMENT_PIN, TASTEMAKER,
    REMIX_CONTEST_WINNER, PLAY_COUNT_MILESTONES, MOBILE_INSTALL, REFERRED,
)  # fmt: skip
JUDGED = (COSIGN, FIRST_WEEKLY_COMMENT, REFERRAL, AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER)
USERS, TRACKS, COMMENTS = 7, 14, 12
OWNERS = {number: 1 + number % 3 for number in range(1, TRACKS + 1)}
IDS = ("u", "fp", "p", "v", "cs", "e", "p1", "p2", "p3", "c", "cp", "t", "w", "b", "s", "m", "r", "rv", "rd")
SEEDS = int(os.environ.get("BACKBEAT_CHALLENGE_SEEDS", "4"))  # a few seconds each

Block = tuple[list[Row], timedelta]
Step = list[Block] | CatalogEdit


class Life:
    """Draws what happens in a small network; most things are allowed, some are undone again."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def steps(self, count: int) -> list[Step]:
        """Return batches of blocks, each taken up by one tick, and an operator's edits between them."""
        steps: list[Step] = [[([self._user(number) for number in range(1, USERS + 1)], timedelta(hours=1))]]
        for _ in range(count):
            if self._seldom(5):
                steps.append(self._edit())
            steps.append([self._block() for _ in range(self._random.choice([1, 1, 2, 4]))])
        return steps

    def _block(self) -> Block:
        alone = self._seldom(4)  # whoever follows too few feeds is caught by a change that comes alone
        changes = [self._random.choice(self._kinds)(self) for _ in range(1 if alone else self._random.randint(5, 30))]
        if not self._seldom(8):
            changes.append(play(1, 1))  # somebody who listens day by day
        hours = self._random.choice([1, 5, 17, 17, 17, 24, 24, 24, 30, 30, 47, 24 * 8])
        return changes, timedelta(hours=hours, seconds=self._random.randint(0, 9))

    def _edit(self) -> CatalogEdit:
        column = self._random.choice(["active", "active", "amount", "step_count"])
        if column == "step_count":
            return CatalogEdit(self._random.choice(["u", "p", "p1", "p2"]), column, self._random.choice([None, 2, 4]))
        values: list[Any] = [True, True, False] if column == "active" else ["1", "7", "many"]
        return CatalogEdit(self._random.choice(IDS), column, self._random.choice(values))

    def _seldom(self, one_in: int) -> bool:
        return self._random.randrange(one_in) == 0

    def _who(self) -> int:
        return self._random.randint(1, USERS)

    def _what(self) -> int:
        return self._random.randint(1, TRACKS)

    def _kind(self) -> str:
        return self._random.choice(["track", "track", "track", "playlist"])

    def _user(self, number: int | None = None) -> Row:
        text = None if self._seldom(4) else "x"
        return user(
            number or self._who(), verified=not self._seldom(3), deactivated=self._seldom(8), bio=text,
            handle_lc=None if self._seldom(6) else "h", name=text, cover_photo=text,
        )  # fmt: skip

    def _track(self) -> Row:
        number = self._what()
        on_it = [said for said in range(1, COMMENTS + 1) if _place(said) == number]
        pin = self._random.choice([None, *on_it, *on_it, self._random.randint(1, COMMENTS)])
        return track(
            number, OWNERS[number], is_delete=self._seldom(6), is_unlisted=self._seldom(6), pinned_comment_id=pin
        )

    def _playlist(self) -> Row:
        return playlist(self._who(), self._who(), *([self._what()] * self._random.randint(0, 1)))

    def _follow(self) -> Row:
        return follow(self._random.randint(1, 2), self._random.randint(1, 6), undo=self._seldom(5))

    def _repost(self) -> Row:
        return repost(self._who(), self._what(), self._kind(), undo=self._seldom(5))

    def _save(self) -> Row:
        return save(self._who(), self._what(), self._kind(), undo=self._seldom(5))

    def _remix(self) -> Row:
        return remix(self._what(), self._what())

    def _comment(self) -> Row:
        number = self._random.randint(1, COMMENTS)
        return comment(
            number, 1 + number % USERS, _place(number), is_delete=self._seldom(4), is_visible=not self._seldom(6)
        )

    def _contest(self) -> Row:
        named: list[Any] = [self._random.choice([int, str])(self._what()) for _ in range(self._random.randint(1, 6))]
        winners: Any = self._random.choice([None, {}, ["x"]]) if self._seldom(6) else named
        event_id = self._random.randint(14, 19)
        return contest(event_id, 1 + event_id % 2, winners, is_deleted=self._seldom(6))

    def _arrival(self) -> Row:
        number, referrer = self._who(), self._random.randint(1, 3)
        return arrival(number, referrer=None if referrer == number else referrer, mobile=self._seldom(2))

    def _play(self) -> Row:
        return play(self._what(), None if self._seldom(5) else self._random.randint(1, 3))

    def _purchase(self) -> Row:
        signature, micro = f"s{self._random.randint(1, 9)}", self._random.randint(0, 3) * 1_000_000 + 999_999
        valid = None if self._seldom(3) else True
        return purchase(self._who(), self._what(), micro, is_valid=valid, signature=signature)

    def _score(self) -> Row:
        return score(self._what(), self._random.randint(0, 9), EPOCH)

    _kinds = (
        _user, _track, _track, _track, _playlist, _follow, _repost, _repost, _repost, _save, _save, _remix, _remix,
        _comment, _comment, _contest, _arrival, _play, _play, _play, _purchase, _score,
    )  # fmt: skip


def _place(comment_id: int) -> int:
    """The track that a comment is on."""
    return 1 + comment_id % TRACKS


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


async def small_world(session: AsyncConnection[Any]) -> ChallengeWorld:
    """A world in which short histories reach thresholds and caps."""
    await wipe_challenges(session)
    world = ChallengeWorld(session)
    await session.execute("UPDATE challenges SET active = true")
    for challenge_id, step_count in {"u": 2, "p": 3, "p1": 2, "p2": 4, "p3": 8, "r": 2, "rv": 2}.items():
        await world.set(challenge_id, step_count=step_count)
    return world


async def apply(world: ChallengeWorld, step: Step) -> None:
    if isinstance(step, CatalogEdit):
        await world.edit(step)
        return
    for rows, pause in step:
        await world.block(rows, at=world.now + pause)


async def complete_rows(world: ChallengeWorld) -> dict[Any, Any]:
    found = await world.all("SELECT challenge_id, specifier, u FROM user_challenges AS u WHERE is_complete")
    return {(key, specifier): row for key, specifier, row in found}


@pytest.fixture
async def rival(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """The session of a second worker that holds no lease."""
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


async def both_run(session: AsyncConnection[Any], rival: AsyncConnection[Any]) -> None:
    for derived in (*FOLLOWED, *JUDGED, LISTEN_STREAK):
        await asyncio.gather(derived.incremental(session), derived.incremental(rival))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_challenge_pays_what_the_reference_pays(
    session: AsyncConnection[Any], rival: AsyncConnection[Any], seed: int, workers: int
) -> None:
    world, reference = await small_world(session), Reference()
    final: dict[Any, Any] = {}
    for step in Life(10 * seed + workers).steps(10):
        await apply(world, step)
        if workers == 2:
            await both_run(session, rival)
        await world.run(*FOLLOWED, *JUDGED, LISTEN_STREAK)
        if world.height:
            reference.run(await load_tables(session))
        assert await world.rows() == told(reference)
        complete = await complete_rows(world)
        assert final.items() <= complete.items(), "complete rows never change"
        final = complete
    for derived in FOLLOWED:
        assert not (await derived.rebuild(session)).rows_written, derived.name
        assert (await derived.audit(session)).is_clean


def told(reference: Reference) -> list[str]:
    ordered = sorted(reference.rows.items(), key=lambda item: (item[0][0], len(item[0][1]), item[0][1]))
    return [
        f"{key}|{specifier}|{row.user_id}|{'yes' if row.complete else 'no'}|{row.steps}|{row.amount}"
        for (key, specifier), row in ordered
    ]
