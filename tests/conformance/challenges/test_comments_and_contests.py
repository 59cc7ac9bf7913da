"""Domain scenarios S25 to S39: cosigns, comments, pins, contests, tastemakers."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backbeat.derived.challenges.comment_pin import COMMENT_PIN
from backbeat.derived.challenges.cosign import COSIGN
from backbeat.derived.challenges.first_weekly_comment import FIRST_WEEKLY_COMMENT
from backbeat.derived.challenges.remix_contest import REMIX_CONTEST_WINNER
from backbeat.derived.challenges.tastemaker import TASTEMAKER
from backbeat.incremental.transaction import Session
from backbeat.reads.challenges import explain
from harness.challenge_jobs import in_batches_of
from harness.challenge_world import (
    ABOVE_EVERY_START,
    EPOCH,
    ChallengeWorld,
    Row,
    comment,
    contest,
    remix,
    repost,
    save,
    score,
    track,
    user,
)

DAY = timedelta(days=1)


def on(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour)  # noqa: DTZ001 - the network's columns hold naive UTC


def remixed(artist: int, remixer: int, number: int = 0, *, verified: bool = True) -> list[Row]:
    """An artist with one track, and a remix of it by another user."""
    parent, child = artist * 100, artist * 100 + 1 + number
    return [user(artist, verified=verified), track(parent, artist), track(child, remixer), remix(parent, child)]


def minted(specifier: str, user_id: int, at: datetime, challenge_id: str = "cs") -> Row:
    """A row that was earned before."""
    return Row(
        "user_challenges",
        {
            "challenge_id": challenge_id, "specifier": specifier, "user_id": user_id, "is_complete": True,
            "current_step_count": 1, "amount": 1000, "created_at": f"{at}+00", "completed_at": at,
        },
    )  # fmt: skip


async def test_s25_a_cosign(challenges: ChallengeWorld) -> None:
    await challenges.set("cs", active=True)
    await challenges.block(remixed(1000, 1001))
    await challenges.run(COSIGN)
    await challenges.block(repost(1000, 100001))
    await challenges.run(COSIGN)
    assert await challenges.rows() == ["cs|3e8:186a1|1001|yes|1|1000"]
    await challenges.block(save(1000, 100001))
    await challenges.run(COSIGN)
    assert await challenges.rows() == ["cs|3e8:186a1|1001|yes|1|1000"]


async def test_s25_inactive(challenges: ChallengeWorld) -> None:
    await challenges.block(remixed(1000, 1001), repost(1000, 100001))
    await challenges.run(COSIGN)
    assert await challenges.rows() == []
    assert await challenges.checkpoint("challenges:cs:last_blocknumber") is None


@pytest.mark.parametrize(("days", "expected"), [(1, 0), (50, 1)])
async def test_s26_five_cosigns_in_thirty_days(challenges: ChallengeWorld, days: int, expected: int) -> None:
    await challenges.set("cs", active=True)
    earlier = [minted(f"44c:{number:x}", 9, EPOCH - days * DAY) for number in range(5)]
    await challenges.block(earlier, remixed(1100, 1101), repost(1100, 110001))
    await challenges.run(COSIGN)
    found = await challenges.rows()
    assert len(found) == 5 + expected
    assert ("cs|44c:1adb1|1101|yes|1|1000" in found) == bool(expected)


async def test_cs_a_backlog_pays_what_it_would_have_paid_in_time(challenges: ChallengeWorld) -> None:
    await challenges.set("cs", active=True)
    for number in range(14):
        await challenges.block(remixed(1, 50 + number, number), repost(1, 101 + number), at=EPOCH + number * 3 * DAY)
    await challenges.run(COSIGN)
    found = await challenges.all("SELECT user_id FROM user_challenges ORDER BY user_id")
    # five on days 0 to 12; from day 33 on, one for each that is more than thirty days old
    assert [one[0] - 50 for one in found] == [0, 1, 2, 3, 4, 11, 12, 13]


@pytest.mark.parametrize("rows_max", [1, 2, 5_000])
async def test_cs_a_backlog_in_batches_is_judged_in_the_order_of_the_chain(
    challenges: ChallengeWorld, rows_max: int
) -> None:
    await challenges.set("cs", active=True)
    await challenges.run(COSIGN)
    for day in range(1, 6):
        await challenges.block(remixed(1, 50 + day, day), save(1, 101 + day), at=EPOCH + day * DAY)
    for day in range(35, 40):
        await challenges.block(remixed(1, 50 + day, day), repost(1, 101 + day), at=EPOCH + day * DAY)
    await challenges.run(in_batches_of(rows_max, COSIGN))
    found = await challenges.all("SELECT user_id FROM user_challenges ORDER BY user_id")
    assert [one[0] - 50 for one in found] == [1, 2, 3, 4, 5, 35, 36, 37, 38, 39]


async def test_cs_refused_is_not_judged_again(challenges: ChallengeWorld) -> None:
    await challenges.set("cs", active=True)
    await challenges.block(remixed(1, 9, verified=False), repost(1, 101))
    await challenges.run(COSIGN)
    await challenges.block(user(1, verified=True))
    await challenges.set("cs", amount="7")
    await challenges.run(COSIGN)
    assert await challenges.rows() == []


@pytest.mark.parametrize(
    "rows",
    [
        [*remixed(1, 9, verified=False), repost(1, 101)],
        [*remixed(1, 9), user(2, verified=True), repost(2, 101)],
        [*remixed(1, 9), repost(1, 101, undo=True)],
        [*remixed(1, 9), repost(1, 101, "playlist")],
        [*remixed(1, 9), user(9, deactivated=True), repost(1, 101)],
    ],
    ids=["unverified", "not_the_parents_owner", "undone", "a_playlist", "a_deactivated_remixer"],
)
async def test_s27_no_cosign(challenges: ChallengeWorld, rows: list[Row]) -> None:
    await challenges.set("cs", active=True)
    await challenges.block(rows)
    await challenges.run(COSIGN)
    assert await challenges.rows() == []


async def test_s28_one_row_a_week(challenges: ChallengeWorld) -> None:
    for number, day in enumerate([on(2025, 1, 6), on(2025, 1, 8), on(2025, 2, 5)]):
        await challenges.block(comment(number, 700), at=day)
    await challenges.run(FIRST_WEEKLY_COMMENT)
    assert await challenges.rows() == ["c|2bc:202502|700|yes|1|1", "c|2bc:202506|700|yes|1|1"]


async def test_s29_weeks_are_iso_weeks(challenges: ChallengeWorld) -> None:
    for number, day in enumerate([on(2024, 12, 30), on(2025, 1, 5), on(2027, 1, 1)]):
        await challenges.block(comment(number, 700), at=day)
        await challenges.run(FIRST_WEEKLY_COMMENT)
    assert await challenges.rows() == ["c|2bc:202501|700|yes|1|1", "c|2bc:202653|700|yes|1|1"]


async def test_c_a_comment_before_the_first_block_is_as_if_it_were_not_there(challenges: ChallengeWorld) -> None:
    await challenges.set("c", starting_block=ABOVE_EVERY_START + 2)
    await challenges.block(comment(1, 700), comment(2, 701), at=on(2025, 1, 6))
    await challenges.block(comment(3, 700), at=on(2025, 1, 8))
    await challenges.run(FIRST_WEEKLY_COMMENT)
    assert await challenges.rows() == ["c|2bc:202502|700|yes|1|1"]


@pytest.mark.parametrize("columns", [{"is_delete": True}, {"is_visible": False}, {"is_visible": None}])
async def test_s30_a_comment_that_went_with_its_block(challenges: ChallengeWorld, columns: dict[str, Any]) -> None:
    await challenges.block(comment(1, 700), comment(1, 700, **columns))
    await challenges.run(FIRST_WEEKLY_COMMENT)
    assert await challenges.rows() == []


async def test_s30_a_comment_that_went_before_the_run(challenges: ChallengeWorld) -> None:
    await challenges.block(comment(1, 700))
    await challenges.block(comment(1, 700, is_delete=True))
    await challenges.run(FIRST_WEEKLY_COMMENT)
    assert await challenges.rows() == ["c|2bc:202522|700|yes|1|1"]


async def test_s30_a_comment_that_went_after_the_run(challenges: ChallengeWorld) -> None:
    await challenges.block(comment(1, 700), comment(2, 701))
    await challenges.run(FIRST_WEEKLY_COMMENT)
    await challenges.block(comment(1, 700, is_delete=True))
    await challenges.run(FIRST_WEEKLY_COMMENT)
    assert await challenges.rows() == ["c|2bc:202522|700|yes|1|1", "c|2bd:202522|701|yes|1|1"]


async def test_s31_only_the_weeks_of_new_comments(challenges: ChallengeWorld) -> None:
    await challenges.block(comment(1, 700), at=on(2024, 6, 1))
    await challenges.connection.execute(
        "INSERT INTO indexing_checkpoints VALUES ('challenges:c:last_blocknumber', %s)", [challenges.block_number]
    )
    await challenges.block(comment(2, 700), at=on(2026, 5, 20))
    await challenges.run(FIRST_WEEKLY_COMMENT)
    await challenges.set("c", amount="2")
    await challenges.run(FIRST_WEEKLY_COMMENT)
    assert await challenges.rows() == ["c|2bc:202621|700|yes|1|1"]


def pinned(comment_id: int | None, *, verified: bool = True) -> list[Row]:
    return [user(900, verified=verified), track(9000, 900, pinned_comment_id=comment_id)]


async def test_s32_a_pinned_comment(challenges: ChallengeWorld) -> None:
    await challenges.block(comment(1, 901, 9000), comment(2, 901, 9000), pinned(1))
    await challenges.run(COMMENT_PIN)
    for pin in (None, 1, 2):
        await challenges.block(pinned(pin))
        await challenges.run(COMMENT_PIN)
    assert await challenges.rows() == ["cp|385:2328|901|yes|1|10"]
    await challenges.block(comment(3, 901, 9001), track(9001, 900, pinned_comment_id=3))
    await challenges.run(COMMENT_PIN)
    assert await challenges.rows() == ["cp|385:2328|901|yes|1|10", "cp|385:2329|901|yes|1|10"]


@pytest.mark.parametrize(
    "rows",
    [
        [comment(1, 901, 9000), *pinned(1, verified=False)],
        [comment(1, 900, 9000), *pinned(1)],
        [comment(1, 901, 9000, is_delete=True), *pinned(1)],
        [comment(1, 901, 77), *pinned(1)],
        [comment(1, 901, 9000), user(901, deactivated=True), *pinned(1)],
        [comment(1, 901, 9000), user(900, verified=True), track(9000, 900, pinned_comment_id=1, is_delete=True)],
    ],
    ids=["unverified", "own_comment", "deleted", "on_another_track", "deactivated", "deleted_track"],
)
async def test_s32_a_pin_that_earns_nothing(challenges: ChallengeWorld, rows: list[Row]) -> None:
    await challenges.block(rows)
    await challenges.run(COMMENT_PIN)
    assert await challenges.rows() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([comment(1, 901, 9000), *pinned(1, verified=False)], [user(900, verified=True)]),
        ([comment(1, 901, 9000, is_delete=True), *pinned(1)], [comment(1, 901, 9000)]),
        ([comment(1, 901, 9000), user(901, deactivated=True), *pinned(1)], [user(901)]),
    ],
    ids=["verified_later", "undeleted", "reactivated"],
)
async def test_cp_follows_whatever_makes_a_pin_count(
    challenges: ChallengeWorld, before: list[Row], after: list[Row]
) -> None:
    await challenges.block(before)
    await challenges.run(COMMENT_PIN)
    assert await challenges.rows() == []
    await challenges.block(after)
    await challenges.run(COMMENT_PIN)
    assert await challenges.rows() == ["cp|385:2328|901|yes|1|10"]


def won(event_id: int, host: int, owners: list[int], first_track: int, *, text: bool = False) -> list[Row]:
    tracks = [track(first_track + number, owner) for number, owner in enumerate(owners)]
    named: list[Any] = [str(first_track + number) if text else first_track + number for number in range(len(owners))]
    return [user(host, verified=True), *tracks, contest(event_id, host, named)]


@pytest.mark.parametrize("text", [False, True])
async def test_s33_winners_of_a_contest(challenges: ChallengeWorld, text: bool) -> None:
    await challenges.block(won(50000, 1300, [1301, 1302], 130001, text=text))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == ["w|c350:515|1301|yes|1|1000", "w|c350:516|1302|yes|1|1000"]


async def test_s33_an_unverified_host(challenges: ChallengeWorld) -> None:
    await challenges.block(won(50000, 1300, [1301], 130001), user(1300))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == []
    await challenges.block(user(1300, verified=True))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == ["w|c350:515|1301|yes|1|1000"]


async def test_s34_the_first_five_of_six(challenges: ChallengeWorld) -> None:
    await challenges.block(won(16, 1300, [7, 6, 5, 4, 3, 2], 200))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == [f"w|10:{owner}|{owner}|yes|1|1000" for owner in (3, 4, 5, 6, 7)]


async def test_s34_an_owner_wins_once(challenges: ChallengeWorld) -> None:
    await challenges.block(won(16, 1300, [7, 7], 200))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == ["w|10:7|7|yes|1|1000"]


async def test_s35_five_prizes_a_week(challenges: ChallengeWorld) -> None:
    await challenges.block(won(50000, 1300, [1, 2, 3, 4, 5], 200))
    await challenges.run(REMIX_CONTEST_WINNER)
    await challenges.block(won(50001, 1300, [6], 300), won(16, 1400, [7], 400))
    await challenges.run(REMIX_CONTEST_WINNER)
    first = await challenges.rows()
    assert len(first) == 6
    assert "w|10:7|7|yes|1|1000" in first
    await challenges.block(at=EPOCH + 7 * DAY)
    await challenges.run(REMIX_CONTEST_WINNER)
    assert len(await challenges.rows()) == 6
    await challenges.block(at=EPOCH + 7 * DAY + timedelta(seconds=5))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert "w|c351:6|6|yes|1|1000" in await challenges.rows()
    dated = await challenges.all("SELECT completed_at FROM user_challenges WHERE user_id = 6")
    assert dated == [(EPOCH + 7 * DAY + timedelta(seconds=5),)]


async def test_w_a_backlog_ends_in_the_same_rows(challenges: ChallengeWorld) -> None:
    for number in range(4):
        at = EPOCH + number * DAY
        await challenges.block(
            won(20 + number, 1300, [10 * number + owner for owner in range(1, 6)], 1000 * number), at=at
        )
    await challenges.block(at=EPOCH + 15 * DAY)
    await challenges.run(REMIX_CONTEST_WINNER)
    late = await challenges.all("SELECT specifier, completed_at FROM user_challenges ORDER BY 1")
    times = sorted((at - EPOCH).days for _, at in late)
    assert times == [0] * 5 + [7] * 5 + [14] * 5


@pytest.mark.parametrize("winners", [None, {}, ["abc"], "x", 7, [None], [[]], [99999999999999999999], [-1]])
async def test_s36_winners_that_make_no_sense(challenges: ChallengeWorld, winners: Any) -> None:
    await challenges.block(won(50000, 1300, [1301], 130001), contest(50001, 1300, winners))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == ["w|c350:515|1301|yes|1|1000"]


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("track_id", [1, 999_999_999, 1_000_000_000, 2_000_000_001, 2**31 - 1])
async def test_w_pays_for_any_track_id_that_there_is(challenges: ChallengeWorld, track_id: int, text: bool) -> None:
    await challenges.block(won(2**31 - 1, 1300, [2**31 - 2], track_id, text=text), track(track_id, 2**31 - 2))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == ["w|7fffffff:7ffffffe|2147483646|yes|1|1000"]
    told = await explain(challenges.connection, 2**31 - 2, "w")
    assert told.verdict == "User 2147483646 has earned w (remix contest winner), and nothing of it was paid out."


@pytest.mark.parametrize("spelt", ["02000000001", "+2000000001", " 2000000001", "2000000001.0", "4294967297", "2e9"])
async def test_w_reads_what_the_feeds_can_find(challenges: ChallengeWorld, spelt: str) -> None:
    """A number that no one would look for, or that no column holds, names no winner, whichever way it is read."""
    await challenges.block(track(2_000_000_001, 7), track(1, 7), track(2_000_000_000, 7))
    await challenges.block(user(1300, verified=True), contest(16, 1300, [spelt]))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == []
    assert not (await REMIX_CONTEST_WINNER.rebuild(Session(challenges.connection))).rows_written


async def test_w_follows_the_winners_tracks(challenges: ChallengeWorld) -> None:
    await challenges.block(won(16, 1300, [7], 200), track(200, 7, is_delete=True))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == []
    await challenges.block(track(200, 7))
    await challenges.run(REMIX_CONTEST_WINNER)
    assert await challenges.rows() == ["w|10:7|7|yes|1|1000"]


async def test_s37_reposters_and_savers_of_a_top_track(challenges: ChallengeWorld) -> None:
    await challenges.block(track(120000, 1), repost(1201, 120000), save(1202, 120000), save(1201, 120000))
    await challenges.run(TASTEMAKER)
    assert await challenges.rows() == []
    await challenges.block(score(120000, 5, EPOCH))
    await challenges.run(TASTEMAKER)
    assert await challenges.rows() == ["t|4b1:t:1d4c0|1201|yes|1|100", "t|4b2:t:1d4c0|1202|yes|1|100"]


async def test_24_tastemakers_are_told_once_of_what_they_did(challenges: ChallengeWorld) -> None:
    told = "SELECT user_ids[1], data ->> 'action' FROM notification WHERE type = 'tastemaker' ORDER BY 1"
    await challenges.block(track(1, 9), score(1, 5, EPOCH), save(1, 1), repost(1, 1), save(2, 1))
    await challenges.run(TASTEMAKER)
    assert [tuple(row) for row in await challenges.all(told)] == [(1, "repost"), (2, "save")]
    await challenges.block(score(1, 6, EPOCH))
    await challenges.run(TASTEMAKER)
    assert len(await challenges.all(told)) == 2


async def test_s38_the_first_ten(challenges: ChallengeWorld) -> None:
    await challenges.block(track(1, 1), score(1, 5, EPOCH))
    for number in range(12):
        await challenges.block(repost(101 + number, 1))
    await challenges.run(TASTEMAKER)
    assert len(await challenges.rows()) == 10
    await challenges.block(repost(102, 1, undo=True))
    await challenges.run(TASTEMAKER)
    found = await challenges.rows()
    assert len(found) == 11
    assert "t|6f:t:1|111|yes|1|100" in found


async def test_s38_an_eleventh_track_earns_nobody_anything(challenges: ChallengeWorld) -> None:
    for number in range(11):
        await challenges.block(track(1 + number, 1), score(1 + number, 5, EPOCH), repost(101 + number, 1 + number))
    await challenges.run(TASTEMAKER)
    found = await challenges.all("SELECT user_id FROM user_challenges ORDER BY 1")
    assert [one[0] for one in found] == [102 + number for number in range(10)]


async def test_s39_a_playlist_with_the_tracks_number(challenges: ChallengeWorld) -> None:
    await challenges.block(track(120000, 1), score(120000, 5, EPOCH), repost(1201, 120000, "playlist"))
    await challenges.run(TASTEMAKER)
    assert await challenges.rows() == []


@pytest.mark.parametrize(
    "columns", [{"is_delete": True}, {"is_unlisted": True}, {"is_stream_gated": True}, {"stem_of": {"x": 1}}]
)
async def test_t_hidden_tracks_are_not_in_the_list(challenges: ChallengeWorld, columns: dict[str, Any]) -> None:
    await challenges.block(track(1, 1, **columns), score(1, 5, EPOCH), repost(101, 1))
    await challenges.run(TASTEMAKER)
    assert await challenges.rows() == []
