"""What a batch hands over to histories: every version that a block ended with, and none that one did not."""

from datetime import datetime
from typing import Any

import pytest

from backbeat.index.histories import superseded
from backbeat.index.row import Row
from backbeat.index.rows.social import FollowRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import IDENTITY, Key, State

AT = datetime(2026, 1, 1)  # noqa: DTZ001 - the network's columns hold naive UTC


def track(block: int, **columns: Any) -> TrackRow:
    return TrackRow(track_id=1, owner_id=7, created_at=AT, updated_at=AT, blocknumber=block, **columns)


def follow(block: int, *, is_delete: bool = False) -> FollowRow:
    return FollowRow(follower_user_id=1, followee_user_id=2, created_at=AT, blocknumber=block, is_delete=is_delete)


def handed_over(stored: Row | None, *made: Row) -> list[tuple[int, int | None]]:
    """Return since and until of what is handed over of a row that was stored, and then made so."""
    state = State()
    key = Key(type(made[0]), IDENTITY, made[0].key())
    state.fill([key], [(key, stored)] if stored else [])
    for row in made:
        state.apply([row])
    [ends] = state.ends(type(made[0]))
    past = made[0].past
    assert past is not None
    return [(version["since_block"], version["until_block"]) for version in superseded(past, ends)]


@pytest.mark.parametrize(
    ("stored", "made", "expected"),
    [
        (None, [track(5)], []),
        (None, [track(5), track(5, is_unlisted=True)], []),
        (track(3), [track(5, is_unlisted=True)], [(3, 5)]),
        (track(3), [track(5, title="new")], [(3, None)]),
        (track(3), [track(5, title="new"), track(6, is_unlisted=True)], [(3, 6)]),
        (track(3), [track(5, is_unlisted=True), track(6, is_unlisted=True, title="new")], [(3, 5), (5, None)]),
        (track(3), [track(5, is_unlisted=True), track(5)], [(3, None)]),
        (track(3), [track(5, is_unlisted=True), track(6), track(8, is_delete=True)], [(3, 5), (5, 6), (6, 8)]),
        (None, [track(5), track(6, is_delete=True)], [(5, 6)]),
        (None, [follow(5), follow(6, is_delete=True), follow(8)], [(5, 6)]),
        (follow(2, is_delete=True), [follow(5), follow(6, is_delete=True), follow(8)], [(5, 6)]),
        (follow(2), [follow(5, is_delete=True), follow(5)], [(2, None)]),
        (track(5), [track(5, is_delete=True)], [(5, 5)]),
    ],
)
def test_versions(stored: Row | None, made: list[Row], expected: list[tuple[int, int | None]]) -> None:
    assert handed_over(stored, *made) == expected


def test_a_version_holds_what_is_judged_by_and_not_the_rest() -> None:
    state = State()
    key = Key(TrackRow, IDENTITY, (1,))
    remix = {"tracks": [{"parent_track_id": 9}, {"parent_track_id": 9.5}, {"parent_track_id": "9"}, 9]}
    state.fill([key], [(key, track(3, title="title", remix_of=remix, release_date=AT, is_scheduled_release=True))])
    state.apply([track(5)])
    [ends] = state.ends(TrackRow)
    assert TrackRow.past is not None
    [version] = superseded(TrackRow.past, ends)
    assert version == {
        "track_id": 1,
        "since_block": 3,
        "until_block": 5,
        "owner_id": 7,
        "is_delete": False,
        "is_unlisted": False,
        "is_available": True,
        "is_stem": False,
        "is_stream_gated": False,
        "releases_at": AT,
        "pinned_comment_id": None,
        "parents": [9],
    }
