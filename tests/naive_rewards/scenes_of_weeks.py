"""Short histories about who wins a week; each ends on a Friday."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from naive_rewards.edits import PLAYLIST_SCORES, TRACK_SCORES, Edit
from naive_rewards.scenes import DAY, A, B, C, D, Scene, Stage, switched
from naive_rewards.stories import TRACKS, Step, Transaction

E = 3_000_005
PLAYLISTS = 400_001
FIRST = TRACKS + 20
WEEK = timedelta(days=7)
FOLLOWED = """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at, txhash)
    SELECT {}, true, false, '2026-01-01', 'others' FROM generate_series(1, %s) AS number
"""
FOLLOWERS = FOLLOWED.format("5000000 + number, %s")
FOLLOWING = FOLLOWED.format("%s, 5000000 + number")


class Charts(Stage):
    """Makes tracks and playlists, and gives them scores."""

    def tracks(self, count: int, owners: Sequence[int]) -> Iterator[Transaction]:
        """Have so many tracks, whose owners take turns; three of them are hidden, a stem and gated."""
        price = {"usdc_purchase": {"price": 100, "splits": [{"user_id": A, "percentage": 100}]}}
        gated = {"stream_conditions": price, "download_conditions": price, "is_download_gated": True}
        kinds: Mapping[int, Mapping[str, Any]] = {
            3: {"is_unlisted": True},
            4: {"stem_of": {"parent_track_id": TRACKS, "category": "x"}},
            5: {"is_stream_gated": True, **gated},
        }
        for at in range(count):
            owner = owners[at % len(owners)]
            said = {"title": "T", "owner_id": owner, **kinds.get(at, {})}
            yield self.does(owner, "Track/Create", FIRST + at, said)

    def scored(self, factor: int = 1) -> Iterator[Step]:
        """Have a score for each of them, some of which are equal."""
        at = self.now.replace(tzinfo=None)
        yield Edit(TRACK_SCORES, (factor, at))
        yield Edit(PLAYLIST_SCORES, (factor, at))

    def friday(self, weeks: int = 1) -> Step:
        """Have a block so many Fridays on; the first one of the chain is on a Friday."""
        return self.block(self.says(A, location=f"{self.now}"), later=weeks * WEEK)


def best() -> Iterator[Step]:
    """Have more tracks than can win: some that may not, some equal, and an owner who is gone."""
    stage = Charts()
    yield from stage.beginning()
    yield stage.block(*stage.tracks(36, (A, B, C, D)))
    yield Edit("UPDATE tracks SET is_available = false WHERE track_id = %s", (FIRST + 8,))
    yield stage.block(stage.does(C, "Track/Delete", FIRST + 6), stage.says(D, is_deactivated=True))
    yield from stage.scored(7)
    yield stage.friday()
    yield from stage.scored(5)
    yield Edit("UPDATE tracks SET owner_id = %s WHERE owner_id = %s", (C, A))
    yield stage.block(stage.says(D, is_deactivated=False), stage.says(B, is_deactivated=True))
    yield stage.friday()


def small() -> Iterator[Step]:
    """Have artists with 1,500 followers, with one less, and with 1,500 whom they follow."""
    stage = Charts()
    yield from stage.beginning()
    yield stage.block(*stage.tracks(40, (A, B, C, D)))
    yield Edit(FOLLOWERS, (A, 1_500))
    yield Edit(FOLLOWERS, (B, 1_499))
    yield Edit(FOLLOWING, (C, 1_500))
    yield from stage.scored()
    yield stage.friday()


def twenty() -> Iterator[Step]:
    """Have twenty tracks, none of which is behind the twentieth, and a playlist that is too short."""
    stage = Charts()
    yield from stage.beginning()
    yield stage.block(*stage.tracks(16, (A, B)), _list(stage, 0, (0, 1, 2, 3)))
    yield from stage.scored()
    yield stage.friday()


def lists() -> Iterator[Step]:
    """Have playlists that hold enough of enough artists, and some that do not."""
    stage = Charts()
    yield from stage.beginning()
    yield stage.block(stage.does(E, "User/Create", E, {"handle": "e"}), *stage.tracks(25, (A, B, C, D, E)))
    enough, again = tuple(range(6, 12)), tuple(range(10, 16))
    yield stage.block(
        *(_list(stage, at, enough) for at in range(12)),
        _list(stage, 12, (6, 7, 8, 9)),
        _list(stage, 13, (6, 7, 8, 9, 11, 12, 13, 14)),
        _list(stage, 14, (6, 7, 8, 11, 12, 13)),
        _list(stage, 15, again, is_private=True),
        _list(stage, 16, again, is_album=True),
        _list(stage, 17, again),
        _list(stage, 18, again),
    )
    held = [{"track_id": FIRST + at, "time": 1} for at in again[:4]]
    yield stage.block(
        stage.does(B, "Playlist/Delete", PLAYLISTS + 17),
        stage.does(B, "Playlist/Update", PLAYLISTS + 18, {"playlist_contents": held}),
        stage.does(E, "Track/Delete", FIRST + 9),
    )
    yield from stage.scored(3)
    yield stage.friday()


def _list(stage: Stage, at: int, tracks: Sequence[int], **said: bool) -> Transaction:
    owner = (A, B, C)[at % 3] if at < 12 else B
    held = [{"track_id": FIRST + track, "time": 1} for track in tracks]
    about = {"playlist_name": "P", "playlist_contents": held, "is_private": False, **said}
    return stage.does(owner, "Playlist/Create", PLAYLISTS + at, about)


def switched_on() -> Iterator[Step]:
    """Have what pays off when its week ends, and on the next Friday on."""
    stage = Charts()
    yield from stage.beginning()
    yield stage.block(*stage.tracks(30, (A, B, C)))
    yield from stage.scored()
    yield switched("tt", on=False)
    yield stage.friday()
    yield switched("tt", on=True)
    yield stage.friday()


def caught_up() -> Iterator[Step]:
    """Have a Friday on which no job runs, and then one on a Saturday whose scores are still of that Friday."""
    stage = Charts()
    yield from stage.beginning()
    yield stage.block(*stage.tracks(30, (A, B, C)))
    yield from stage.scored()
    yield stage.block(stage.says(A, location="so that jobs run at the next"))
    yield stage.friday()
    yield stage.friday()
    yield from stage.scored(5)
    yield stage.block(stage.says(A, location="the day behind it"), later=DAY)


SCENES_OF_WEEKS: dict[str, Scene] = {
    "the best tracks of two weeks": best,
    "small artists": small,
    "no more than twenty tracks": twenty,
    "playlists that may win": lists,
    "a week while tt is off": switched_on,
}
"""Each judged at its end."""
CAUGHT_UP: Scene = caught_up
"""To be judged every second block."""
