"""Rewards of users and content by the state of the block: whether jobs run after every block or once, at the end."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from backbeat.derived.challenges.comment_pin import COMMENT_PIN
from backbeat.derived.challenges.cosign import COSIGN
from backbeat.derived.challenges.first_playlist import FIRST_PLAYLIST
from backbeat.derived.challenges.first_weekly_comment import FIRST_WEEKLY_COMMENT
from backbeat.derived.challenges.mobile_install import MOBILE_INSTALL
from backbeat.derived.challenges.profile_completion import PROFILE_COMPLETION
from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.referral import REFERRAL
from backbeat.derived.challenges.referred import REFERRED
from backbeat.derived.challenges.remix_contest import REMIX_CONTEST_WINNER
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from harness.chain_writer import CatalogEdit
from harness.challenge_world import (
    ABOVE_EVERY_START,
    EPOCH,
    ChallengeWorld,
    Row,
    arrival,
    comment,
    contest,
    follow,
    playlist,
    remix,
    repost,
    save,
    track,
    user,
)
from harness.check import Runs

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PROFILE: dict[str, Any] = {"handle_lc": "h", "name": "n", "bio": "b", "profile_picture": "p", "cover_photo": "c"}
SOCIAL = [*(follow(1, number) for number in range(10, 15)), repost(1, 7), save(1, 7)]
REMIX = [user(1, verified=True), user(9), track(100, 1), track(101, 9), remix(100, 101)]
PIN = [user(1, verified=True), user(9), comment(5, 9, 100), track(100, 1, pinned_comment_id=5)]

Steps = Sequence[list[Row] | CatalogEdit | timedelta]
"""Blocks, an hour apart, edits of the catalogue between them, and how much longer the next block waits."""


class Case(NamedTuple):
    job: Runs
    steps: Steps
    rows: list[str]
    """As ``block: id|specifier|user|complete|steps|amount``, the blocks being counted from 1; 0: incomplete."""


CASES = {
    "u_deleted_again": Case(
        TRACK_UPLOAD,
        [[track(1, 1)], [track(2, 1), track(3, 1)], [track(3, 1, is_delete=True)]],
        ["2: u|1|1|yes|3|1"],
    ),
    "u_taken_back_in_its_block": Case(
        TRACK_UPLOAD,
        [[track(1, 1), track(2, 1)], [track(3, 1), track(3, 1, is_unlisted=True)]],
        ["0: u|1|1|no|2|1"],
    ),
    "u_the_owner_is_back": Case(
        TRACK_UPLOAD,
        [[user(1, deactivated=True), *(track(number, 1) for number in range(3))], [track(9, 2)], [user(1)]],
        ["3: u|1|1|yes|3|1", "0: u|2|2|no|1|1"],
    ),
    "u_the_owner_goes_later": Case(
        TRACK_UPLOAD,
        [[user(1)], [track(number, 1) for number in range(3)], [user(1, deactivated=True)]],
        ["2: u|1|1|yes|3|1"],
    ),
    "u_a_track_is_handed_over": Case(
        TRACK_UPLOAD,
        [[track(1, 1), track(2, 1), track(3, 2)], [track(3, 1)], [track(3, 3)]],
        ["2: u|1|1|yes|3|1", "0: u|2|2|no|1|1", "0: u|3|3|no|1|1"],
    ),
    "u_down_to_none_keeps_the_last": Case(
        TRACK_UPLOAD,
        [[track(1, 1), track(2, 1)], [track(1, 1, is_delete=True)], [track(2, 1, is_delete=True)]],
        ["0: u|1|1|no|1|1"],
    ),
    "u_fewer_are_asked_for": Case(
        TRACK_UPLOAD,
        [[track(1, 1), track(2, 1)], CatalogEdit("u", "step_count", 2), [track(9, 9)], []],
        ["2: u|1|1|yes|2|1", "0: u|9|9|no|1|1"],
    ),
    "fp_deleted_again": Case(
        FIRST_PLAYLIST, [[], [playlist(1, 1, 7)], [playlist(1, 1, 7, is_delete=True)]], ["2: fp|1|1|yes|1|2"]
    ),
    "fp_handed_over": Case(
        FIRST_PLAYLIST, [[playlist(1, 1, 7)], [playlist(1, 2, 7)]], ["1: fp|1|1|yes|1|2", "2: fp|2|2|yes|1|2"]
    ),
    "p_for_one_block": Case(
        PROFILE_COMPLETION,
        [[user(1, **PROFILE), *SOCIAL[:-1]], [SOCIAL[-1]], [user(1, **{**PROFILE, "bio": None})]],
        ["2: p|1|1|yes|7|1"],
    ),
    "p_undone_before_the_last_step": Case(
        PROFILE_COMPLETION,
        [[user(1, **{**PROFILE, "bio": None}), *SOCIAL], [follow(1, 10, undo=True)], [user(1, **PROFILE)]],
        ["0: p|1|1|no|6|1"],
    ),
    "p_the_sixth_follow_makes_up": Case(
        PROFILE_COMPLETION,
        [[user(1, **PROFILE), *SOCIAL[1:]], [follow(1, 11, undo=True), follow(1, 16)], [follow(1, 17)], []],
        ["3: p|1|1|yes|7|1"],
    ),
    "p_pays_what_was_paid_then": Case(
        PROFILE_COMPLETION,
        [[user(1, **PROFILE), *SOCIAL], CatalogEdit("p", "amount", "5"), [user(2, handle_lc="h")]],
        ["1: p|1|1|yes|7|1", "0: p|2|2|no|0|5"],
    ),
    "p_while_deactivated": Case(
        PROFILE_COMPLETION,
        [[user(1, deactivated=True, **PROFILE)], SOCIAL, [user(1, **PROFILE)], [user(1)]],
        ["3: p|1|1|yes|7|1"],
    ),
    "v_for_one_block": Case(PROFILE_VERIFIED, [[user(1)], [user(1, verified=True)], [user(1)]], ["2: v|1|1|yes|1|5"]),
    "v_never_active_and_verified": Case(
        PROFILE_VERIFIED, [[user(1, deactivated=True)], [user(1, verified=True, deactivated=True)], [user(1)]], []
    ),
    "c_deleted_again": Case(
        FIRST_WEEKLY_COMMENT,
        [[], [comment(1, 9)], [comment(1, 9, is_delete=True)]],
        ["2: c|9:202522|9|yes|1|1"],
    ),
    "c_deactivated_then": Case(
        FIRST_WEEKLY_COMMENT,
        [[user(9, deactivated=True), comment(1, 9)], [user(9)], [user(8)]],
        [],
    ),
    "c_the_next_comment_of_the_week": Case(
        FIRST_WEEKLY_COMMENT,
        [[user(9, deactivated=True), comment(1, 9)], [user(9)], [comment(2, 9)], [user(9, deactivated=True)]],
        ["3: c|9:202522|9|yes|1|1"],
    ),
    "cp_for_one_block": Case(COMMENT_PIN, [PIN, [track(100, 1, pinned_comment_id=None)]], ["1: cp|9:64|9|yes|1|10"]),
    "cp_verified_later": Case(
        COMMENT_PIN, [[*PIN[1:], user(1)], [user(1, verified=True)], [user(1)]], ["2: cp|9:64|9|yes|1|10"]
    ),
    "cp_unpinned_before": Case(
        COMMENT_PIN, [[*PIN[1:], user(1)], [track(100, 1, pinned_comment_id=None)], [user(1, verified=True)]], []
    ),
    "cp_the_track_changes_hands": Case(
        COMMENT_PIN,
        [[*PIN, user(1), user(2, verified=True)], [track(100, 2, pinned_comment_id=5)], [user(2)]],
        ["2: cp|9:64|9|yes|1|10"],
    ),
    "cs_undone_later": Case(
        COSIGN, [REMIX, [repost(1, 101)], [repost(1, 101, undo=True)]], ["2: cs|1:65|9|yes|1|1000"]
    ),
    "cs_undone_in_its_block": Case(COSIGN, [REMIX, [repost(1, 101), repost(1, 101, undo=True)], [user(1)]], []),
    "cs_verified_then": Case(COSIGN, [REMIX, [save(1, 101)], [user(1)]], ["2: cs|1:65|9|yes|1|1000"]),
    "cs_verified_later": Case(COSIGN, [[user(1), *REMIX[1:]], [save(1, 101)], [user(1, verified=True)]], []),
    "cs_to_the_owner_of_then": Case(COSIGN, [REMIX, [save(1, 101)], [track(101, 8)]], ["2: cs|1:65|9|yes|1|1000"]),
    "cs_the_remixer_was_deactivated": Case(
        COSIGN,
        [[*REMIX, user(9, deactivated=True)], [save(1, 101)], [user(9)], [repost(1, 101)]],
        ["4: cs|1:65|9|yes|1|1000"],
    ),
    "cs_linked_later": Case(
        COSIGN,
        [REMIX[:-1], [save(1, 101)], [track(101, 9, remix_of={"tracks": [{"parent_track_id": 100}]}), REMIX[-1]]],
        [],
    ),
    "cs_not_linked_any_more": Case(
        COSIGN,
        [
            [*REMIX[:-1], track(101, 9, remix_of={"tracks": [{"parent_track_id": 100}]}), REMIX[-1]],
            [save(1, 101)],
            [track(101, 9, remix_of=None)],
        ],
        ["2: cs|1:65|9|yes|1|1000"],
    ),
    "r_verified_later": Case(
        REFERRAL, [[user(1)], [arrival(2, referrer=1)], [user(1, verified=True)]], ["2: r|1:2|1|yes|1|1"]
    ),
    "rv_not_verified_any_more": Case(
        REFERRAL, [[user(1, verified=True)], [arrival(2, referrer=1)], [user(1)]], ["2: rv|1:2|1|yes|1|1"]
    ),
    "r_deactivated_then": Case(REFERRAL, [[user(1, deactivated=True)], [arrival(2, referrer=1)], [user(1)]], []),
    "r_told_of_again": Case(
        REFERRAL,
        [[user(1, deactivated=True)], [arrival(2, referrer=1)], [user(1)], [arrival(2, referrer=1, mobile=True)]],
        ["4: r|1:2|1|yes|1|1"],
    ),
    "m_back_later": Case(
        MOBILE_INSTALL, [[user(2, deactivated=True), arrival(2, mobile=True)], [user(2)]], ["2: m|2|2|yes|1|1"]
    ),
    "m_gone_later": Case(
        MOBILE_INSTALL, [[arrival(2, mobile=True)], [user(2, deactivated=True)]], ["1: m|2|2|yes|1|1"]
    ),
    "rd_back_later": Case(
        REFERRED, [[user(2, deactivated=True), arrival(2, referrer=1)], [user(2)]], ["2: rd|2|2|yes|1|1"]
    ),
    "w_verified_for_one_block": Case(
        REMIX_CONTEST_WINNER,
        [[user(1), track(50, 7), contest(16, 1, [50])], [user(1, verified=True)], [user(1)]],
        ["2: w|10:7|7|yes|1|1000"],
    ),
    "w_named_for_one_block": Case(
        REMIX_CONTEST_WINNER,
        [[user(1, verified=True), track(50, 7), contest(16, 1)], [contest(16, 1, [50])], [contest(16, 1, [51])]],
        ["2: w|10:7|7|yes|1|1000"],
    ),
    "w_to_the_owner_of_then": Case(
        REMIX_CONTEST_WINNER,
        [[user(1, verified=True), track(50, 7)], [contest(16, 1, [50])], [track(50, 8)]],
        ["2: w|10:7|7|yes|1|1000", "3: w|10:8|8|yes|1|1000"],
    ),
    "w_the_winner_is_back": Case(
        REMIX_CONTEST_WINNER,
        [[user(1, verified=True), user(7, deactivated=True), track(50, 7), contest(16, 1, [50])], [user(7)]],
        ["2: w|10:7|7|yes|1|1000"],
    ),
    "w_not_named_any_more_when_there_is_room": Case(
        REMIX_CONTEST_WINNER,
        [
            [user(1, verified=True), *(track(50 + n, 7 + n) for n in range(6)), contest(16, 1, list(range(50, 55)))],
            [contest(17, 1, [55])],
            [contest(17, 1, [])],
            7 * DAY,
            [],
        ],
        [f"1: w|10:{7 + n:x}|{7 + n}|yes|1|1000" for n in range(5)],
    ),
    "off_and_on": Case(
        FIRST_PLAYLIST,
        [
            [],
            CatalogEdit("fp", "active", False),
            [playlist(1, 1, 7), playlist(2, 2, 7)],
            [playlist(2, 2, 7, is_delete=True)],
            CatalogEdit("fp", "amount", "9"),
            CatalogEdit("fp", "active", True),
            [],
        ],
        ["4: fp|1|1|yes|1|9"],
    ),
    "off_and_on_of_what_is_judged_once": Case(
        FIRST_WEEKLY_COMMENT,
        [
            [],
            CatalogEdit("c", "active", False),
            [comment(1, 1), comment(2, 2)],
            [comment(2, 2, is_delete=True)],
            CatalogEdit("c", "active", True),
            [],
        ],
        ["4: c|1:202522|1|yes|1|1"],
    ),
    "off_since": Case(
        FIRST_PLAYLIST,
        [[playlist(1, 1, 7)], CatalogEdit("fp", "active", False), [playlist(2, 2, 7)]],
        ["1: fp|1|1|yes|1|2"],
    ),
    "off_since_of_what_is_judged_once": Case(
        FIRST_WEEKLY_COMMENT,
        [[comment(1, 1)], CatalogEdit("c", "active", False), [comment(2, 2)]],
        ["1: c|1:202522|1|yes|1|1"],
    ),
    "an_edit_holds_from_the_next_block": Case(
        FIRST_PLAYLIST,
        [[playlist(1, 1, 7)], CatalogEdit("fp", "amount", "9"), [playlist(2, 2, 7)]],
        ["1: fp|1|1|yes|1|2", "2: fp|2|2|yes|1|9"],
    ),
}


async def told(challenges: ChallengeWorld) -> list[str]:
    blocks = dict(await challenges.all("SELECT challenge_id || specifier, completed_blocknumber FROM user_challenges"))
    return [
        f"{(blocks[row.split('|')[0] + row.split('|')[1]] or ABOVE_EVERY_START) - ABOVE_EVERY_START}: {row}"
        for row in await challenges.rows()
    ]


@pytest.mark.parametrize("every_block", [True, False], ids=["every_block", "at_the_end"])
@pytest.mark.parametrize("name", CASES)
async def test_what_a_block_earns(challenges: ChallengeWorld, name: str, every_block: bool) -> None:
    case, times = CASES[name], {}
    await challenges.set("cs", active=True)
    for step in case.steps:
        if isinstance(step, CatalogEdit):
            await challenges.edit(step)
        elif isinstance(step, timedelta):
            challenges.now += step
        else:
            await challenges.block(step, at=challenges.now + HOUR)
            times[challenges.block_number] = challenges.now
        if every_block:
            await challenges.run(case.job)
    await challenges.run(case.job)
    assert sorted(await told(challenges)) == sorted(case.rows)
    dated = "SELECT completed_blocknumber, completed_at FROM user_challenges WHERE is_complete"
    assert all(times[block] == at for block, at in await challenges.all(dated))


@pytest.mark.parametrize("every_block", [True, False], ids=["every_block", "at_the_end"])
async def test_a_prize_is_won_at_the_moment_from_which_there_is_room(
    challenges: ChallengeWorld, every_block: bool
) -> None:
    """By the state of that moment: what the next block says of it comes too late."""
    tracks = [track(50 + number, 7 + number) for number in range(7)]
    blocks: list[tuple[list[Row], Any]] = [
        ([user(1, verified=True), *tracks, contest(16, 1, list(range(50, 55)))], EPOCH),
        ([contest(17, 1, [55]), contest(18, 1, [56])], EPOCH + DAY),
        ([contest(18, 1, [])], EPOCH + 6 * DAY),
        ([], EPOCH + 6 * DAY + HOUR),
        ([contest(17, 1, [])], EPOCH + 8 * DAY),
    ]
    for rows, at in blocks:
        await challenges.block(rows, at=at)
        if every_block:
            await challenges.run(REMIX_CONTEST_WINNER)
    await challenges.run(REMIX_CONTEST_WINNER)
    won = "SELECT specifier, completed_blocknumber, completed_at FROM user_challenges WHERE specifier !~ '^10:'"
    assert await challenges.all(won) == [("11:c", ABOVE_EVERY_START + 4, EPOCH + 7 * DAY)]


async def test_notifications_carry_the_block_and_time_of_completion(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1), at=EPOCH)
    await challenges.block(user(1, verified=True), at=EPOCH + HOUR)
    await challenges.block(user(1), at=EPOCH + DAY)
    await challenges.run(PROFILE_VERIFIED)
    told = await challenges.all('SELECT blocknumber, "timestamp" FROM notification')
    assert set(told) == {(ABOVE_EVERY_START + 2, EPOCH + HOUR)}
