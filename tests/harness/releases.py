"""Tracks and albums that wait for their release."""

from datetime import datetime, timedelta
from typing import Any

from backbeat.derived.releases.scheduled import ScheduledReleases
from builders.clocks import HeldClock
from harness.challenge_world import EPOCH, Row, playlist, track

HOUR = timedelta(hours=1)
LATE = EPOCH + timedelta(days=9_999)


def releases(rows_max: int = 100) -> ScheduledReleases:
    """Return the job, where the chain's time is earlier than the clock's."""
    return ScheduledReleases(HeldClock(LATE), rows_max)


def waiting_track(track_id: int, owner: int, date: datetime | None, **columns: Any) -> Row:
    """Return a hidden track that is to come out."""
    known = {"is_unlisted": True, "is_scheduled_release": True, "release_date": date}
    return track(track_id, owner, **{**known, **columns})


def waiting_album(album_id: int, owner: int, date: datetime | None, *tracks: int, **columns: Any) -> Row:
    """Return a private album that is to come out."""
    known = {"is_album": True, "is_private": True, "is_scheduled_release": True, "release_date": date}
    return playlist(album_id, owner, *tracks, **{**known, **columns})
