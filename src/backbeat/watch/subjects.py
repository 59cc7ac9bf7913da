"""What is compared with a running indexer's database: tables, or what a query makes of them, row by row by a key."""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from backbeat.db.sql import compose

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
    recounted_there: Composed | None = None
    """The query that counts a key's columns from the other database's own rows; None: there is none."""
    expected_here: Composed | None = None
    """The query that says what a known defect would make of our rows; None: there is none. It takes ``keys``, as that
    above: an array of the first part of keys."""

    def patience(self, columns: Collection[str]) -> float:
        """Return for how many seconds a difference in these columns must stand."""
        return max(self.patience_seconds, MINUTES if self.released & {*columns} else MOMENT)


def _query(name: str, table: str = "") -> Composed:
    return compose(__package__, name, table=Identifier(table)) if table else compose(__package__, name)


def _written(
    table: str,
    key: Mapping[str, str],
    patience: float = MOMENT,
    *,
    stamp: str = "blocknumber",
    rows: str = "current_rows.sql",
) -> Subject:
    """Return the rows of a table that blocks write, the current ones where it has others."""
    query = _query(rows, table)
    return Subject(name=table, key=key, here=query, there=query, table=table, stamp=stamp, patience_seconds=patience)


def _of_both(
    name: str, key: Mapping[str, str], query: Composable, *columns: str, patience: float = MOMENT, stamp: str = ""
) -> Subject:
    """Return what the same query makes of tables in both databases."""
    return Subject(name=name, key=key, here=query, there=query, columns=columns, patience_seconds=patience, stamp=stamp)


def _subscriptions(name: str, kind: str) -> Subject:
    query = compose(__package__, "subscriptions.sql", kind=Literal(kind))
    key = {"subscriber_id": "integer", "user_id": "integer"}
    return _of_both(name, key, query, "is_delete", stamp="blocknumber")


def _routes(table: str, item: str) -> Subject:
    query = compose(__package__, "routes.sql", table=Identifier(table), item=Identifier(item))
    return _of_both(table, {item: "integer"}, query, "slug", "routes")


def _recounted_items(of_kind: str) -> Composed:
    """Return the query that counts tracks again, or playlists."""
    return compose(__package__, "recount_items.sql", of_kind=SQL("=" if of_kind == "track" else "<>"))


def _counted(
    table: str,
    key: Mapping[str, str],
    *columns: str,
    recounted: Composed | None = None,
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
    _written("users", {"user_id": "integer"}, MINUTES),
    _written("tracks", {"track_id": "integer"}, MINUTES),
    _written("playlists", {"playlist_id": "integer"}, MINUTES),
    _written("follows", {"follower_user_id": "integer", "followee_user_id": "integer"}),
    _written("saves", {"user_id": "integer", "save_item_id": "integer", "save_type": "savetype"}),
    _written("reposts", {"user_id": "integer", "repost_item_id": "integer", "repost_type": "reposttype"}),
    _written("comments", {"comment_id": "integer"}, rows="all_rows.sql"),
    _written("events", {"event_id": "integer"}, rows="all_rows.sql"),
    _subscriptions("subscriptions", "User"),
    _subscriptions("subscriptions to events", "Event"),
    _routes("track_routes", "track_id"),
    _routes("playlist_routes", "playlist_id"),
    # few are written, and nothing of ours finds them by their block: the rounds come to them
    _written("comment_reactions", {"comment_id": "integer", "user_id": "integer"}, stamp="", rows="all_rows.sql"),
    _written("comment_mentions", {"comment_id": "integer", "user_id": "integer"}, stamp="", rows="all_rows.sql"),
    _written(
        "comment_threads", {"parent_comment_id": "integer", "comment_id": "integer"}, stamp="", rows="all_rows.sql"
    ),
    _written("muted_users", {"muted_user_id": "integer", "user_id": "integer"}, stamp="", rows="all_rows.sql"),
    _written("grants", {"grantee_address": "text", "user_id": "integer"}, stamp=""),
    _written("developer_apps", {"address": "text"}, stamp=""),
    _of_both("plays", {"slot": "integer"}, _query("plays_by_slot.sql"), "plays", "content"),
)
"""What blocks write."""

COUNTS: Final = (
    _counted(
        "aggregate_user",
        {"user_id": "integer"},
        *("follower_count", "following_count", "repost_count", "track_save_count"),
        *("track_count", "playlist_count", "album_count", "total_track_count", "track_share_count"),
        released=("track_count", "playlist_count", "album_count", "total_track_count"),
        recounted=_query("recount_users.sql"),
    ),
    _counted(
        "aggregate_track",
        {"track_id": "integer"},
        *("repost_count", "save_count", "comment_count", "share_count"),
        recounted=_recounted_items("track"),
    ),
    _counted(
        "aggregate_playlist",
        {"playlist_id": "integer"},
        *("repost_count", "save_count", "share_count"),
        recounted=_recounted_items("playlist"),
    ),
    _counted("aggregate_plays", {"play_item_id": "integer"}, "count"),  # nothing finds plays by track: no recount
    _counted("aggregate_monthly_plays", {"play_item_id": "integer", "timestamp": "date", "country": "text"}, "count"),
    _counted("hourly_play_counts", {"hourly_timestamp": "timestamp"}, "play_count", patience=MINUTES),
    _counted(
        "aggregate_user_tips",
        {"sender_user_id": "integer", "receiver_user_id": "integer"},
        "amount",
        patience=MINUTES,
    ),
    _of_both(
        "user_listening_history",
        {"user_id": "integer"},
        _query("listening.sql"),
        *("tracks", "plays", "content"),
        patience=HALF_HOUR,
    ),
)
"""What triggers count, and the jobs of hours, of tips and of what is heard."""

SCORES: Final = (
    _of_both("scores of users", {"user_id": "integer"}, _query("user_scores.sql"), "score", patience=HALF_HOUR),
    Subject(
        name="track_trending_scores",
        key={"track_id": "integer", "type": "text", "version": "text", "time_range": "text"},
        here=_query("all_rows.sql", "track_trending_scores"),
        there=_query("all_rows.sql", "track_trending_scores"),
        columns=("score", "genre"),
        near=frozenset({"score"}),
        patience_seconds=TWO_HOURS,
        expected_here=_query("weightless_tracks.sql"),
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

PAYMENTS: Final = (
    _counted(
        "user_tips",
        {"slot": "integer", "signature": "text"},
        *("sender_user_id", "receiver_user_id", "amount"),
        patience=MINUTES,
    ),
    _counted(
        "usdc_purchases",
        {"slot": "integer", "signature": "text"},
        *("buyer_user_id", "seller_user_id", "amount", "extra_amount", "content_type", "content_id", "access"),
        patience=MINUTES,
    ),
    _counted(
        "challenge_disbursements",
        {"challenge_id": "text", "specifier": "text"},
        *("user_id", "amount", "signature", "slot"),
        patience=MINUTES,
    ),
)
"""What programs beside the chain write, into one of both or into each."""

TOLD: Final = (
    _of_both(
        "user_challenges",
        {"challenge_id": "text", "specifier": "text"},
        _query("rewards.sql"),
        *("user_id", "is_complete", "current_step_count", "amount", "has_block"),
        patience=HALF_HOUR,
    ),
    _of_both(
        "milestones",
        {"id": "integer", "name": "text", "threshold": "integer"},
        _query("all_rows.sql", "milestones"),
        "threshold",
        patience=MINUTES,
    ),
    _of_both(
        "notification",
        {"group_id": "text", "specifier": "text"},
        _query("news.sql"),
        *("type", "user_ids", "data"),
        patience=HALF_HOUR,
    ),
)
"""What users earn and hear."""

SUBJECTS: Final[Mapping[str, Subject]] = {each.name: each for each in (*ROWS, *COUNTS, *PAYMENTS, *SCORES, *TOLD)}
"""All of them, in the order in which they are gone through."""

STIRS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "users": (("aggregate_user", 0), ("scores of users", 0)),
    "tracks": (("aggregate_track", 0), ("track_routes", 0)),
    "playlists": (("aggregate_playlist", 0), ("playlist_routes", 0)),
    "follows": (("aggregate_user", 0), ("aggregate_user", 1)),
    "saves": (("aggregate_user", 0), ("aggregate_track", 1), ("aggregate_playlist", 1)),
    "reposts": (("aggregate_user", 0), ("aggregate_track", 1), ("aggregate_playlist", 1)),
}
"""Whose rows change with those of a subject, and which part of its key they are known by."""
