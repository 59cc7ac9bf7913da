"""Domain scenarios S10 to S24: uploads, playlists, profiles."""

from typing import Any

import pytest

from backbeat.derived.challenges.first_playlist import FIRST_PLAYLIST
from backbeat.derived.challenges.profile_completion import PROFILE_COMPLETION, PROFILE_STEPS
from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from harness.challenge_world import ChallengeWorld, Row, follow, playlist, repost, save, track, user

FIELDS: dict[str, Any] = {
    "handle": "h",
    "handle_lc": "h",
    "name": "n",
    "bio": "",
    "profile_picture": "p",
    "cover_photo": "c",
}
STEPS = "SELECT * FROM challenge_profile_completion"


async def test_s10_three_uploads(challenges: ChallengeWorld) -> None:
    for number in range(3):
        await challenges.block(track(1 + number, 1), number=25346437 + number)
    await challenges.block(track(9, 2), number=25346440)
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|yes|3|1", "u|2|2|no|1|1"]
    stamps = "SELECT completed_blocknumber FROM user_challenges ORDER BY user_id"
    assert await challenges.all(stamps) == [(25346439,), (None,)]


async def test_s11_unlisted_tracks_and_stems_do_not_count(challenges: ChallengeWorld) -> None:
    stem = track(3, 3, stem_of={"parent_track_id": 1})
    await challenges.block(track(1, 3), track(2, 3, is_unlisted=True), stem)
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|3|3|no|1|1"]


async def test_s12_uploads_before_the_first_block_do_not_count(challenges: ChallengeWorld) -> None:
    await challenges.set("u", starting_block=30000000)
    await challenges.block(track(1, 1), track(2, 1), track(5, 2), number=1)
    await challenges.block(track(3, 1), number=30000000)
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|no|1|1"]


async def test_s13_a_complete_row_stays_and_counts_stop(challenges: ChallengeWorld) -> None:
    await challenges.block(*(track(number, 1) for number in range(3)), *(track(10 + number, 2) for number in range(5)))
    await challenges.run(TRACK_UPLOAD)
    await challenges.block(*(track(number, 1, is_delete=True) for number in range(3)))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|yes|3|1", "u|2|2|yes|3|1"]


async def test_s14_publishing_a_hidden_track_counts(challenges: ChallengeWorld) -> None:
    await challenges.block(track(1, 1), track(2, 1), track(3, 1, is_unlisted=True))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|no|2|1"]
    await challenges.block(track(3, 1))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|yes|3|1"]


async def test_u_an_incomplete_count_goes_down_but_not_to_zero(challenges: ChallengeWorld) -> None:
    await challenges.block(track(1, 1), track(2, 1))
    await challenges.run(TRACK_UPLOAD)
    await challenges.block(track(1, 1, is_delete=True))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|no|1|1"]
    await challenges.block(track(2, 1, is_delete=True))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|no|1|1"]


@pytest.mark.parametrize("column", ["step_count", "starting_block"])
async def test_u_needs_both_numbers(challenges: ChallengeWorld, column: str) -> None:
    await challenges.set("u", **{column: None})
    await challenges.block(track(1, 1))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == []
    assert await challenges.checkpoint("challenges:u:last_blocknumber") is None


async def test_u_a_deactivated_owner_earns_when_back(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1, deactivated=True), track(1, 1))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == []
    await challenges.block(user(1))
    await challenges.run(TRACK_UPLOAD)
    assert await challenges.rows() == ["u|1|1|no|1|1"]


async def test_s15_first_playlist(challenges: ChallengeWorld) -> None:
    await challenges.block(user(100), user(101), playlist(1, 100, 7), number=28350001)
    await challenges.run(FIRST_PLAYLIST)
    assert await challenges.rows() == ["fp|64|100|yes|1|2"]


async def test_s16_deleted_or_early_playlists_earn_nothing(challenges: ChallengeWorld) -> None:
    await challenges.block(playlist(1, 1, 7), number=100)
    await challenges.block(playlist(2, 2, 7, is_delete=True), playlist(3, 3, 7), number=28350001)
    await challenges.run(FIRST_PLAYLIST)
    assert await challenges.rows() == ["fp|3|3|yes|1|2"]
    await challenges.block(playlist(3, 3, 7, is_delete=True))
    await challenges.run(FIRST_PLAYLIST)
    assert await challenges.rows() == ["fp|3|3|yes|1|2"]


@pytest.mark.parametrize("contents", [{}, {"track_ids": {}}, {"track_ids": []}, []])
async def test_fp_needs_a_track(challenges: ChallengeWorld, contents: Any) -> None:
    await challenges.block(playlist(1, 1, playlist_contents=contents))
    await challenges.run(FIRST_PLAYLIST)
    assert await challenges.rows() == []
    await challenges.block(playlist(1, 1, 7))
    await challenges.run(FIRST_PLAYLIST)
    assert await challenges.rows() == ["fp|1|1|yes|1|2"]


@pytest.mark.parametrize("columns", [{"is_private": True}, {"is_album": True}])
async def test_fp_private_playlists_and_albums_count(challenges: ChallengeWorld, columns: dict[str, bool]) -> None:
    await challenges.block(playlist(1, 1, 7, **columns))
    await challenges.run(FIRST_PLAYLIST)
    assert await challenges.rows() == ["fp|1|1|yes|1|2"]


def busy(user_id: int, follows: int, *, kind: str = "track") -> list[Row]:
    follows_rows = [follow(user_id, 1000 + number) for number in range(follows)]
    return [*follows_rows, repost(user_id, 1, kind), save(user_id, 1, kind)]


async def steps(challenges: ChallengeWorld) -> list[tuple[Any, ...]]:
    await challenges.run(PROFILE_STEPS, PROFILE_COMPLETION)
    return await challenges.all(STEPS)


async def test_s17_a_profile_in_progress(challenges: ChallengeWorld) -> None:
    await challenges.block(user(200, **{**FIELDS, "cover_photo": None}))
    assert await steps(challenges) == [(200, True, True, True, False, False, False, False)]
    assert await challenges.rows() == ["p|c8|200|no|3|1"]


@pytest.mark.parametrize(("follows", "expected"), [(5, "p|d2|210|yes|7|1"), (4, "p|d2|210|no|6|1")])
async def test_s18_all_seven_steps(challenges: ChallengeWorld, follows: int, expected: str) -> None:
    await challenges.block(user(210, **FIELDS), *busy(210, follows))
    await steps(challenges)
    assert await challenges.rows() == [expected]


async def test_s19_playlists_count_as_well(challenges: ChallengeWorld) -> None:
    await challenges.block(user(210, **FIELDS), *busy(210, 5, kind="playlist"))
    await steps(challenges)
    assert await challenges.rows() == ["p|d2|210|yes|7|1"]


async def test_s20_steps_go_down_until_complete(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1, **FIELDS), *busy(1, 4))
    await steps(challenges)
    await challenges.block(user(1, **{**FIELDS, "bio": None}))
    await steps(challenges)
    assert await challenges.rows() == ["p|1|1|no|5|1"]
    await challenges.block(user(1, **FIELDS), follow(1, 1004))
    await steps(challenges)
    await challenges.block(user(1, **{**FIELDS, "cover_photo": None}))
    assert await steps(challenges) == [(1, True, True, True, False, True, True, True)]
    assert await challenges.rows() == ["p|1|1|yes|7|1"]


async def test_s21_who_can_take_part(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1, name="n"), user(2, deactivated=True, **FIELDS), user(3, handle_lc="h"))
    await steps(challenges)
    assert await challenges.rows() == ["p|3|3|no|0|1"]


async def test_s22_an_undone_follow_does_not_count(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1, handle_lc="h"), *(follow(1, 1000 + number) for number in range(5)))
    await challenges.block(follow(1, 1000, undo=True))
    assert await steps(challenges) == [(1, False, False, False, False, False, False, False)]


async def test_s23_verified(challenges: ChallengeWorld) -> None:
    await challenges.block(user(300, verified=True), user(301))
    await challenges.run(PROFILE_VERIFIED)
    assert await challenges.rows() == ["v|12c|300|yes|1|5"]
    notified = "SELECT type, user_ids FROM notification ORDER BY type"
    assert await challenges.all(notified) == [("challenge_reward", [300]), ("claimable_reward", [300])]


async def test_s24_deactivated_users_earn_nothing(challenges: ChallengeWorld) -> None:
    await challenges.block(user(300, verified=True, deactivated=True))
    await challenges.run(PROFILE_VERIFIED)
    assert await challenges.rows() == []


async def test_v_stays_when_taken_back(challenges: ChallengeWorld) -> None:
    await challenges.block(user(300, verified=True))
    await challenges.run(PROFILE_VERIFIED)
    await challenges.block(user(300))
    await challenges.run(PROFILE_VERIFIED)
    assert await challenges.rows() == ["v|12c|300|yes|1|5"]
