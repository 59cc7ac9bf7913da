"""How what trends is audited by ranges: users, counts, scores and lists of tracks, scores and lists of playlists."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed

from backbeat.db.sql import load
from backbeat.derived.trending import leaderboard, playlist_leaders, track_counts, track_scores, track_users
from backbeat.derived.trending.playlists import TRENDING_PLAYLISTS
from backbeat.derived.trending.tracks import TRENDING_TRACKS, Part
from backbeat.incremental.merge import Merge
from backbeat.incremental.ranges import Held, Ranged, Why, keys_of

TRACKS_MAX = 50_000  # in a range of counts: plays have no index by track, so each range reads those of a month
RANKS = SQL(load(__package__, "leader_ranks.sql")).format()
WRITTEN = {"created_at": "It is the instant of the last change of the score."}
MOVED = {
    "previous_rank": "It is where the entry stood before, which nothing else tells.",
    "since": "It is the instant at which the entry came to its rank.",
}


async def _hold(part: Part, connection: AsyncConnection[Any], _keys: Sequence[Any]) -> Held:
    return await TRENDING_TRACKS.hold(connection, part)


def _tracks(part: Part, merge: Merge, *sources: Composed, **more: Any) -> Ranged:
    given = {"target": merge.target, **more}
    return Ranged(name=f"trending.{part}", query=merge.query, sources=sources, look=partial(_hold, part), **given)


async def _hold_playlists(connection: AsyncConnection[Any], keys: Sequence[Any]) -> Held:
    held = await TRENDING_PLAYLISTS.hold(connection, keys)
    if held.why is not None or held.waiting:
        return Held(why=held.why or Why.WAITS)
    return Held({"clock": held.values["clock"], "ranks_max": playlist_leaders.RANKS_MAX})


USERS = _tracks(Part.USERS, track_users.USERS, keys_of("aggregate_user", "user_id"))
COUNTS = _tracks(Part.COUNTS, track_counts.COUNTS, keys_of("tracks", "track_id"), keys_max=TRACKS_MAX)
SCORES = _tracks(Part.SCORES, track_scores.SCORES, keys_of("tracks", "track_id"), unverified=WRITTEN)
LEADERS = _tracks(
    Part.LISTS,
    leaderboard.LEADERS,
    RANKS,
    target=msgspec.structs.replace(leaderboard.LEADERS.target, scope="rank"),
    unverified=MOVED,
)
PLAYLISTS = TRENDING_PLAYLISTS.ranged(keys_of("playlists", "playlist_id"), unverified=WRITTEN)
PLAYLIST_LEADERS = Ranged(
    name="trending.playlist_lists",
    target=msgspec.structs.replace(playlist_leaders.LEADERS.target, scope="rank"),
    query=playlist_leaders.LEADERS.query,
    sources=(RANKS,),
    look=_hold_playlists,
    unverified=MOVED,
)

AUDITS = (USERS, COUNTS, SCORES, LEADERS, PLAYLISTS, PLAYLIST_LEADERS)
