"""What is scheduled comes out once its date is past, and everything that follows tracks and playlists hears of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backbeat.derived.releases.scheduled import ScheduledReleases
from backbeat.incremental.transaction import Session
from builders.clocks import HeldClock
from harness.challenge_world import EPOCH, ChallengeWorld, track, user
from harness.releases import HOUR, releases, waiting_album, waiting_track

NOW = EPOCH + HOUR
LATEST = timedelta(microseconds=1)
SEEN = """
    SELECT 'track', track_id, NOT is_unlisted, is_scheduled_release, updated_at FROM tracks
    UNION ALL
    SELECT 'list', playlist_id, NOT is_private, is_scheduled_release, updated_at FROM playlists
    ORDER BY 1 DESC, 2
"""


async def public(world: ChallengeWorld) -> list[int]:
    """Run, and return what everybody may see."""
    await world.run(releases())
    return [number for _, number, is_public, _, _ in await world.all(SEEN) if is_public]


@pytest.mark.parametrize(
    ("date", "columns", "comes_out"),
    [
        (NOW - HOUR, {}, True),
        (NOW - LATEST, {}, True),
        (NOW, {}, False),
        (NOW + timedelta(days=1), {}, False),
        (None, {}, False),
        (NOW - HOUR, {"is_delete": True}, False),
        (NOW - HOUR, {"is_current": False}, False),
        (NOW - HOUR, {"is_scheduled_release": False}, False),
        (NOW - HOUR, {"is_available": False, "stem_of": {"parent_track_id": 9}}, True),
    ],
)
async def test_45_a_track_comes_out_once_its_date_is_past(
    world: ChallengeWorld, date: datetime | None, columns: dict[str, Any], comes_out: bool
) -> None:
    written = EPOCH + timedelta(minutes=1)
    await world.block(waiting_track(1, 1, date, **columns), at=written)
    await world.block(at=NOW)
    [report] = (await world.run(releases()))[:1]
    is_scheduled = columns.get("is_scheduled_release", True)
    assert await world.all(SEEN) == [("track", 1, comes_out, is_scheduled, NOW if comes_out else written)]
    assert report.updated == comes_out


@pytest.mark.parametrize(
    ("date", "columns", "comes_out"),
    [
        (NOW - HOUR, {}, True),
        (NOW, {}, False),
        (NOW - HOUR, {"is_delete": True}, False),
        (NOW - HOUR, {"is_album": False}, False),
    ],
)
async def test_45_an_album_comes_out_where_no_track_does_and_a_playlist_never(
    world: ChallengeWorld, date: datetime, columns: dict[str, Any], comes_out: bool
) -> None:
    await world.block(waiting_album(1, 1, date, **columns), at=EPOCH)
    await world.block(at=NOW)
    await world.run(releases())
    assert await world.all(SEEN) == [("list", 1, comes_out, True, NOW if comes_out else EPOCH)]


@pytest.mark.parametrize("behind", ["chain", "clock"])
async def test_nothing_comes_out_before_the_chain_and_the_clock_are_past_its_date(
    world: ChallengeWorld, behind: str
) -> None:
    """An owner may have put it off in a block that is yet to come."""
    date = EPOCH + HOUR
    early, late = EPOCH + HOUR - LATEST, EPOCH + 2 * HOUR
    job = ScheduledReleases(HeldClock(early if behind == "clock" else late))
    await world.block(waiting_track(1, 1, date), at=early if behind == "chain" else late)
    [report] = await world.run(job)
    assert (report.is_quiet, await public(world)) == (True, [] if behind == "chain" else [1])


async def test_nothing_is_due_before_the_first_block(world: ChallengeWorld) -> None:
    await world.block(waiting_track(1, 1, EPOCH - HOUR))
    await world.connection.execute("DELETE FROM backbeat.cursor")
    assert await public(world) == []


async def test_after_a_downtime_all_come_out_in_batches_an_album_behind_its_tracks(world: ChallengeWorld) -> None:
    await world.block(
        waiting_album(1, 1, EPOCH, 3, 4),
        waiting_track(3, 1, EPOCH),
        waiting_track(4, 1, EPOCH),
        waiting_track(5, 2, EPOCH - HOUR),
        waiting_album(2, 2, EPOCH - 2 * HOUR, 5),
        waiting_track(6, 2, EPOCH + 2 * HOUR),
        at=NOW,
    )
    steps = []
    before = 0
    for _ in range(3):
        [report] = [await releases(rows_max=2).incremental(Session(world.connection))]
        out = [(kind, number) for kind, number, is_public, _, _ in await world.all(SEEN) if is_public]
        steps.append((len(out) - before, report.more))
        before = len(out)
        if before == 4:
            assert ("list", 1) not in out
    assert steps == [(2, True), (2, True), (1, False)]
    assert (await releases(rows_max=2).incremental(Session(world.connection))).is_quiet


async def test_counts_of_the_owner_follow(world: ChallengeWorld) -> None:
    await world.block(user(1), track(1, 1), waiting_track(2, 1, EPOCH), waiting_album(3, 1, EPOCH, 2), at=NOW)
    counts = "SELECT track_count, total_track_count, album_count, total_album_count FROM aggregate_user"
    assert await world.all(counts) == [(1, 2, 0, 1)]
    await world.run(releases())
    assert await world.all(counts) == [(2, 2, 1, 1)]


async def test_every_log_of_edits_hears_of_it(world: ChallengeWorld) -> None:
    await world.block(waiting_track(2, 1, EPOCH), waiting_album(3, 4, EPOCH, 2), at=EPOCH)
    await world.block(at=NOW)
    await world.connection.execute("DELETE FROM backbeat.changes")
    await world.run(releases())
    logged = await world.all("SELECT stream, key FROM backbeat.changes CROSS JOIN unnest(keys) AS key ORDER BY 1, 2")
    assert logged == [
        *(("edits", key) for key in ("lister:4", "owner:1", "track:2")),
        ("owned_tracks", "1"),
        ("trending_playlists", "3"),
        ("trending_tracks", "2"),
    ]
