"""What is taken down and put back, and what its owner finds (domain: derived state, 4.4 and 7, D1 to D5)."""

from typing import Any

import pytest

from backbeat.derived.delists.delists import DELISTED_USERS
from backbeat.incremental.transaction import Session
from harness.challenge_world import user
from harness.delist_stage import Stage, song
from harness.notifier import at

GONE, THERE = (False, True), (True, False)


async def test_42_the_latest_status_wins_and_all_are_logged(stage: Stage) -> None:
    await stage.block(at("20:00:01"), user(100), user(200))
    stage.notifier.decide(100, "18:00", reason="STRIKE_THRESHOLD")
    stage.notifier.decide(100, "19:00", delisted=False, reason="COPYRIGHT_SCHOOL")
    stage.notifier.decide(200, "20:00")
    await stage.run()
    assert await stage.log() == [
        (at("18:00"), 100, True, "STRIKE_THRESHOLD"),
        (at("19:00"), 100, False, "COPYRIGHT_SCHOOL"),
        (at("20:00"), 200, True, "MANUAL"),
    ]
    assert await stage.users() == [(100, *THERE), (200, *GONE)]
    assert await stage.cursor() == at("20:00")


async def test_43_a_status_of_what_may_yet_come_holds_up_all(stage: Stage) -> None:
    await stage.block(at("19:00"), user(100))
    stage.notifier.decide(100, "18:00")
    stage.notifier.decide(300, "20:00")
    await stage.run()
    assert (await stage.users(), await stage.cursor()) == ([(100, *THERE)], None)
    assert [row[1] for row in await stage.log()] == [100, 300]  # D2: kept while waiting
    assert (await stage.standing())[:2] == (300, at("20:00"))
    await stage.block(at("21:00"))
    await stage.run()
    assert (await stage.users(), await stage.cursor()) == ([(100, *GONE)], at("20:00"))
    assert (await stage.standing())[:2] == (None, None)


async def test_what_comes_while_its_status_waits_is_taken_down(stage: Stage) -> None:
    """By the time of blocks, not the clock (D1)."""
    await stage.block(at("19:00"), user(100))
    stage.notifier.decide(300, "20:00")
    await stage.run()
    await stage.block(at("19:30"), user(300))
    await stage.run()
    assert await stage.users() == [(100, *THERE), (300, *GONE)]


async def test_nothing_is_taken_for_missing_while_no_block_is_indexed(stage: Stage) -> None:
    stage.notifier.decide(300, "20:00")
    await stage.run()
    assert (await stage.log() != [], await stage.cursor()) == (True, None)


async def test_what_comes_after_it_was_given_up_is_found_by_a_round(stage: Stage) -> None:
    await stage.block(at("21:00"), user(100))
    stage.notifier.decide(300, "20:00")
    await stage.run()
    await stage.block(at("22:00"), user(300))
    await stage.run()
    assert await stage.users() == [(100, *THERE), (300, *THERE)]
    stage.notifier.clock.at += at("12:00") - at("00:00")
    await stage.run()
    assert await stage.users() == [(100, *THERE), (300, *GONE)]


@pytest.mark.parametrize("was_deleted", [True, False])
async def test_44_what_its_owner_deleted_stays_deleted(stage: Stage, was_deleted: bool) -> None:
    await stage.block(at("10:00"), user(1), song(400, is_delete=was_deleted))
    stage.notifier.decide(400, "11:00", about="tracks", reason="DMCA")
    await stage.run("tracks")
    assert await stage.tracks() == [(400, False, True)]
    stage.notifier.decide(400, "12:00", about="tracks", delisted=False, reason="DMCA_RETRACTION")
    await stage.run("tracks")
    assert await stage.tracks() == [(400, True, was_deleted)]


@pytest.mark.parametrize("was_deactivated", [True, False])
async def test_44_an_account_is_as_its_owner_left_it(stage: Stage, was_deactivated: bool) -> None:
    await stage.block(at("10:00"), user(1, deactivated=was_deactivated))
    for hour in (11, 13):  # and a second time, from another state
        stage.notifier.decide(1, f"{hour}:00")
        await stage.run()
        assert await stage.users() == [(1, *GONE)]
        stage.notifier.decide(1, f"{hour + 1}:00", delisted=False)
        await stage.run()
        assert await stage.users() == [(1, True, was_deactivated)]
        was_deactivated = not was_deactivated
        await stage.block(at(f"{hour + 1}:30"), user(1, deactivated=was_deactivated))


async def test_a_page_that_takes_down_again_forgets_nothing_of_the_owner(stage: Stage) -> None:
    await stage.block(at("10:00"), user(1), song(400, is_delete=True), song(401))
    for hour in (11, 12):
        for track_id in (400, 401):
            stage.notifier.decide(track_id, f"{hour}:00", about="tracks")
        await stage.run("tracks")
    for track_id in (400, 401):
        stage.notifier.decide(track_id, "13:00", about="tracks", delisted=False)
    await stage.run("tracks")
    assert await stage.tracks() == [(400, True, True), (401, True, False)]


async def test_what_another_program_took_down_is_put_back_as_the_network_does(stage: Stage) -> None:
    await stage.block(at("10:00"), user(1), song(400, is_delete=True, is_available=False))
    stage.notifier.decide(400, "12:00", about="tracks", delisted=False)
    await stage.run("tracks")
    assert await stage.tracks() == [(400, True, False)]


async def test_nothing_else_of_a_row_changes_and_superseded_rows_stay(stage: Stage) -> None:
    await stage.block(at("10:00"), user(1, name="One"))
    await stage.world.connection.execute("INSERT INTO users (user_id, is_current, txhash) VALUES (1, false, 'old')")
    rows = "SELECT to_jsonb(u) - 'is_available' - 'is_deactivated' FROM users AS u ORDER BY txhash"
    before = await stage.world.all(rows)
    stage.notifier.decide(1, "12:00")
    await stage.run()
    assert await stage.world.all(rows) == before
    assert await stage.world.all("SELECT is_available FROM users ORDER BY is_current") == [(True,), (False,)]


async def test_users_and_tracks_are_independent(stage: Stage) -> None:
    """That one waits, or cannot be read, is nothing to the other."""
    await stage.block(at("10:00"), user(1), song(400))
    stage.notifier.decide(2, "12:00")
    stage.notifier.decide(400, "12:00", about="tracks")
    await stage.run()
    await stage.run("tracks")
    assert (await stage.cursor(), await stage.cursor("tracks")) == (None, at("12:00"))
    assert await stage.tracks() == [(400, False, True)]


async def test_a_database_goes_on_from_the_cursor_and_the_log_that_it_brings(stage: Stage) -> None:
    """A status of the log that was never applied is applied by the first round."""
    await stage.block(at("20:00"), user(1), user(2), user(3, is_available=False, deactivated=True))
    connection = stage.world.connection
    await connection.execute(
        "INSERT INTO delist_status_cursor VALUES (%s, 'USERS', %s)", [stage.notifier.host, at("12:00")]
    )
    for number, when, delisted in ((1, "10:00", True), (2, "10:00", True), (2, "11:00", False), (3, "12:00", True)):
        await connection.execute(
            "INSERT INTO user_delist_statuses VALUES (%s, %s, %s, 'MANUAL')", [at(when), number, delisted]
        )
    await stage.run()
    assert stage.notifier.server.asked[0].query["cursor"] == "2023-05-17T11:59:59.999999Z"
    assert await stage.users() == [(1, *GONE), (2, *THERE), (3, *GONE)]


@pytest.mark.parametrize("rows_max", [1, 2, 100])
async def test_a_round_puts_right_what_another_writer_changed(stage: Stage, rows_max: int) -> None:
    await stage.block(at("20:00"), *(user(number) for number in range(1, 6)))
    for number in range(1, 6):
        stage.notifier.decide(number, "12:00", delisted=number < 5)
    await stage.run(round_rows=rows_max)
    before = await stage.users()
    await stage.world.connection.execute("UPDATE users SET is_available = NOT is_available WHERE user_id <> 3")
    await stage.run(round_rows=rows_max)
    assert await stage.users() != before
    stage.notifier.clock.at += at("12:00") - at("00:00")
    await stage.run(round_rows=rows_max)
    assert [row[:2] for row in await stage.users()] == [row[:2] for row in before]


async def test_everybody_who_follows_tracks_and_users_hears_of_it(stage: Stage) -> None:
    """D5: the feeds of edits, the change log, the counts."""
    await stage.block(at("10:00"), user(1), song(400), song(401))
    stage.notifier.decide(400, "12:00", about="tracks")
    stage.notifier.decide(1, "12:00")
    await stage.world.connection.execute("DELETE FROM backbeat.changes")
    await stage.run()
    await stage.run("tracks")
    keys = "SELECT DISTINCT stream, key FROM backbeat.changes CROSS JOIN unnest(keys) AS key ORDER BY 1, 2"
    assert set(await stage.world.all(keys)) >= {
        *(("edits", key) for key in ("owner:1", "track:400", "user:1")),
        ("listed_owners", "1"),
        ("owned_tracks", "1"),
        ("trending_tracks", "400"),
    }
    counts = "SELECT track_count, total_track_count FROM aggregate_user WHERE user_id = 1"
    assert await stage.world.all(counts) == [(1, 1)]
    stage.notifier.decide(400, "13:00", about="tracks", delisted=False)
    await stage.run("tracks")
    assert await stage.world.all(counts) == [(2, 2)]


async def test_without_a_key_nobody_is_asked_and_nothing_read() -> None:
    nothing: Any = None
    assert (await DELISTED_USERS.incremental(Session(nothing))).is_quiet
