"""What is compared with a running indexer's database: tables, or what a query makes of them, row by row by a key."""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from psycopg.sql import Composable, Identifier

from backbeat.db.sql import compose, load

MOMENT = 0.0
MINUTES: Final = 300.0  # their releases and takedowns come every minute
HALF_HOUR: Final = 1_800.0  # their challenges, scores and news come every ten minutes or oftener
TWO_HOURS: Final = 7_200.0  # their trending comes every hour, and takes minutes

ASIDE: Mapping[str, str] = {
    **dict.fromkeys(("blockhash", "blocknumber", "slot", "txhash"), "where the row came from; forms of hashes changed"),
    **dict.fromkeys(("created_at", "updated_at"), "dates of old rows are those of the program that wrote them"),
    **dict.fromkeys(
        ("bpm", "musical_key", "audio_analysis_error_count", "track_cid", "audio_upload_id"),
        "content nodes tell it, and each program asks them for itself",
    ),
    "magnitude": "only here; it follows from the score",
    "is_current": "only current rows are compared",
}
"""Columns that are not compared, each with the reason."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is compared."""

    name: str
    """What it is called in reports: mostly its table."""
    key: Mapping[str, str]
    """The columns that a row is known by, each with its type."""
    here: Composable
    """The query of its rows in our database."""
    there: Composable
    """The query of its rows in the other."""
    table: str = ""
    """The table whose columns are compared as far as both have them; empty: it is a query, and has ``columns``."""
    columns: tuple[str, ...] = ()
    """The columns that are compared, where they are not all."""
    near: frozenset[str] = frozenset()
    """Columns of approximate numbers, which may differ in their last digits."""
    patience_seconds: float = MOMENT
    """How long a difference must stand: their job may not have come to it yet."""
    released: frozenset[str] = frozenset()
    """Columns that change when something comes out by itself, which a job sees to every minute."""
    stamp: str = ""
    """The column by which our blocks say which rows they changed; empty: none."""
    is_ordered: bool = False
    """Whether the one column is a list, which differs in its order."""
    recounted_there: str = ""
    """The file of the query that counts a key's columns from the other database's own rows; empty: none."""
    expected_here: str = ""
    """The file of the query that says what a known defect would make of our rows; empty: none."""

    def patience(self, columns: Collection[str]) -> float:
        """Return for how many seconds a difference in these columns must stand."""
        return max(self.patience_seconds, MINUTES if self.released & {*columns} else MOMENT)


def _query(name: str, table: str = "") -> Composable:
    return compose(__package__, name, table=Identifier(table)) if table else compose(__package__, name)


def _current(table: str, key: Mapping[str, str], patience: float = MOMENT) -> Subject:
    """Return the current rows of a table that blocks write."""
    query = _query("current_rows.sql", table)
    return Subject(
        name=table, key=key, here=query, there=query, table=table, stamp="blocknumber", patience_seconds=patience
    )


def _counted(
    table: str,
    key: Mapping[str, str],
    *columns: str,
    recounted: str = "",
    patience: float = MOMENT,
    released: Collection[str] = (),
) -> Subject:
    """Return a table of which these columns are compared as far as both have them."""
    query = _query("all_rows.sql", table)
    return Subject(
        name=table,
        key=key,
        here=query,
        there=query,
        table=table,
        columns=columns,
        recounted_there=recounted,
        patience_seconds=patience,
        released=frozenset(released),
    )


ROWS: Final = (
    _current("users", {"user_id": "integer"}, MINUTES),
    _current("tracks", {"track_id": "integer"}, MINUTES),
    _current("playlists", {"playlist_id": "integer"}, MINUTES),
    _current("follows", {"follower_user_id": "integer", "followee_user_id": "integer"}),
    _current("saves", {"user_id": "integer", "save_item_id": "integer", "save_type": "savetype"}),
    _current("reposts", {"user_id": "integer", "repost_item_id": "integer", "repost_type": "reposttype"}),
    Subject(
        name="plays",
        key={"slot": "integer"},
        here=_query("plays_by_slot.sql"),
        there=_query("plays_by_slot.sql"),
        columns=("plays", "content"),
    ),
)
"""What blocks write."""

COUNTS: Final = (
    _counted(
        "aggregate_user",
        {"user_id": "integer"},
        *("follower_count", "following_count", "repost_count", "track_save_count"),
        *("track_count", "playlist_count", "album_count", "total_track_count", "track_share_count"),
        released=("track_count", "playlist_count", "album_count", "total_track_count"),
        recounted="recount_users.sql",
    ),
    _counted(
        "aggregate_track",
        {"track_id": "integer"},
        *("repost_count", "save_count", "comment_count", "share_count"),
        recounted="recount_tracks.sql",
    ),
    _counted(
        "aggregate_playlist",
        {"playlist_id": "integer"},
        *("repost_count", "save_count", "share_count"),
        recounted="recount_playlists.sql",
    ),
    _counted("aggregate_plays", {"play_item_id": "integer"}, "count"),  # nothing finds plays by track: no recount
    _counted("aggregate_monthly_plays", {"play_item_id": "integer", "timestamp": "date", "country": "text"}, "count"),
    _counted("hourly_play_counts", {"hourly_timestamp": "timestamp"}, "play_count", patience=MINUTES),
)
"""What triggers count, and the job of hours."""

SCORES: Final = (
    Subject(
        name="scores of users",
        key={"user_id": "integer"},
        here=_query("user_scores.sql"),
        there=_query("user_scores.sql"),
        columns=("score",),
        patience_seconds=HALF_HOUR,
    ),
    Subject(
        name="track_trending_scores",
        key={"track_id": "integer", "type": "text", "version": "text", "time_range": "text"},
        here=_query("all_rows.sql", "track_trending_scores"),
        there=_query("all_rows.sql", "track_trending_scores"),
        columns=("score", "genre"),
        near=frozenset({"score"}),
        patience_seconds=TWO_HOURS,
        expected_here="weightless_tracks.sql",
    ),
    Subject(
        name="playlist_trending_scores",
        key={"playlist_id": "integer", "type": "text", "version": "text", "time_range": "text"},
        here=_query("all_rows.sql", "playlist_trending_scores"),
        there=_query("all_rows.sql", "playlist_trending_scores"),
        columns=("score",),
        near=frozenset({"score"}),
        patience_seconds=TWO_HOURS,
    ),
    Subject(
        name="trending lists",
        key={"version": "text", "time_range": "text"},
        here=_query("lists_here.sql"),
        there=_query("lists_there.sql"),
        columns=("tracks",),
        is_ordered=True,
        patience_seconds=TWO_HOURS,
    ),
)
"""What their jobs compute by the clock."""

TOLD: Final = (
    Subject(
        name="user_challenges",
        key={"challenge_id": "text", "specifier": "text"},
        here=_query("rewards.sql"),
        there=_query("rewards.sql"),
        columns=("user_id", "is_complete", "current_step_count", "amount", "has_block"),
        patience_seconds=HALF_HOUR,
    ),
    Subject(
        name="milestones",
        key={"id": "integer", "name": "text", "threshold": "integer"},
        here=_query("all_rows.sql", "milestones"),
        there=_query("all_rows.sql", "milestones"),
        columns=("threshold",),
        patience_seconds=MINUTES,
    ),
    Subject(
        name="notification",
        key={"group_id": "text", "specifier": "text"},
        here=_query("news.sql"),
        there=_query("news.sql"),
        columns=("type", "user_ids", "data"),
        patience_seconds=HALF_HOUR,
    ),
)
"""What users earn and hear."""

SUBJECTS: Final[Mapping[str, Subject]] = {each.name: each for each in (*ROWS, *COUNTS, *SCORES, *TOLD)}
"""All of them, in the order in which they are gone through."""

STIRS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "users": (("aggregate_user", 0), ("scores of users", 0)),
    "tracks": (("aggregate_track", 0),),
    "playlists": (("aggregate_playlist", 0),),
    "follows": (("aggregate_user", 0), ("aggregate_user", 1)),
    "saves": (("aggregate_user", 0), ("aggregate_track", 1), ("aggregate_playlist", 1)),
    "reposts": (("aggregate_user", 0), ("aggregate_track", 1), ("aggregate_playlist", 1)),
}
"""Whose rows change with those of a subject, and which part of its key they are known by."""

_FILES = [name for each in SUBJECTS.values() for name in (each.recounted_there, each.expected_here) if name]
PROOFS: Final = {name: load(__package__, name) for name in _FILES}
"""The queries of ``recounted_there`` and ``expected_here``; each takes ``keys``, an array of the first part of keys."""
