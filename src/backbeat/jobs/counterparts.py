"""What the network's indexer runs beside its block loop, job by job, and what stands for each here.

The rows are those of its schedule, in its order (domain: derived state, 1.1). What stands for a job is named as the
catalog names it, ``challenges.*`` for all of a kind; a job that only a setting makes is among them.
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

import msgspec


class Counterpart(msgspec.Struct, frozen=True, kw_only=True):
    """A job of the network, and what stands for it."""

    network: str
    """What it does, as its schedule has it."""

    cadence: str
    """How often it runs there: the Go port / the Python original where they differ."""

    guard: str
    """What keeps a run of it from overlapping the last one there: the Go port / the Python original's lock."""

    jobs: tuple[str, ...] = ()
    """The jobs that stand for it here."""

    reads: tuple[str, ...] = ()
    """The tables that those read."""

    writes: tuple[str, ...] = ()
    """The tables that those write, of the network or our own."""

    remark: str = ""
    """What is otherwise here; of a job that nothing stands for, why, and the table through which it plugs in."""


COUNTERPARTS = (
    Counterpart(
        network="Hourly play counts",
        cadence="30 s",
        guard="flag / lock of 600 s",
        jobs=("hourly_play_counts",),
        reads=("plays",),
        writes=("hourly_play_counts",),
    ),
    Counterpart(
        network="Prune plays",
        cadence="30 s",
        guard="flag / lock of 7,200 s",
        jobs=("plays.prune",),
        reads=("plays",),
        writes=("plays", "backbeat.pruned_plays"),
        remark="What is deleted is summed up, so that what follows from it can be rebuilt.",
    ),
    Counterpart(
        network="User listening history",
        cadence="5 s",
        guard="flag / lock of 600 s",
        jobs=("user_listening_history",),
        reads=("plays",),
        writes=("user_listening_history",),
    ),
    Counterpart(
        network="Trending",
        cadence="1 h / 1 h of block time",
        guard="flag / lock of 7,200 s",
        jobs=("trending.tracks", "trending.playlists", "trending.refresh", "trending.notifications"),
        reads=(
            "plays",
            "tracks",
            "playlists",
            "reposts",
            "saves",
            "users",
            "aggregate_plays",
            "aggregate_track",
            "aggregate_playlist",
            "aggregate_user",
        ),
        writes=("track_trending_scores", "playlist_trending_scores", "notification", "backbeat.trending_leaders"),
        remark="What changed is scored again a minute later. A week's winners are rewards: see challenge processing.",
    ),
    Counterpart(
        network="Delist statuses",
        cadence="5 min / 100 blocks",
        guard="flag / lock of 1,800 s",
        jobs=("delists.users", "delists.tracks"),
        reads=("backbeat.delistings",),
        writes=(
            "users",
            "tracks",
            "user_delist_statuses",
            "track_delist_statuses",
            "delist_status_cursor",
            "backbeat.delistings",
        ),
        remark="Where `jobs.delegate_private_key` is set.",
    ),
    Counterpart(
        network="Aggregate reconcile",
        cadence="10 min",
        guard="flag / lock of 14,400 s",
        jobs=("aggregates.reconcile", "aggregates.dominant_genre"),
        reads=("follows", "reposts", "saves", "shares", "comments", "tracks", "playlists"),
        writes=("aggregate_user", "aggregate_track", "aggregate_playlist", "aggregate_plays", "backbeat.drift"),
        remark="Triggers count; every row is counted again once a day.",
    ),
    Counterpart(
        network="User scores",
        cadence="10 min between starts / 10 min",
        guard="one loop / lock of 14,400 s",
        jobs=("scores.users", "scores.verify"),
        reads=("users", "follows", "plays", "user_challenges", "chat_blocked_users", "aggregate_user"),
        writes=(
            "aggregate_user",
            "user_distinct_play_hours",
            "user_distinct_play_tracks",
            "user_score_features",
            "backbeat.karma",
        ),
    ),
    Counterpart(
        network="Engagement notifications",
        cadence="10 min",
        guard="flag / lock of 600 s",
        jobs=("engagement_notifications",),
        reads=("challenges", "user_challenges", "challenge_disbursements", "backbeat.cooldowns"),
        writes=("notification", "backbeat.cooldowns"),
    ),
    Counterpart(
        network="Listen-streak reminder",
        cadence="10 s",
        guard="flag / lock of 600 s",
        jobs=("listen_streak_reminder",),
        reads=("challenge_listen_streak",),
        writes=("notification",),
    ),
    Counterpart(
        network="Remix-contest notifications",
        cadence="30 s",
        guard="flag / lock of 600 s, waited for",
        jobs=("contest_notifications",),
        reads=("events", "tracks", "follows", "saves", "subscriptions"),
        writes=("notification", "backbeat.contest_notices"),
        remark="Who joins late hears too.",
    ),
    Counterpart(
        network="Weekly rotation",
        cadence="not known / none",
        guard="flag",
        jobs=("weekly_rotation",),
        reads=("users", "backbeat.listened_hours"),
        writes=("notification",),
    ),
    Counterpart(
        network="Audio-analysis repair",
        cadence="3 min",
        guard="flag / lock of 1,800 s",
        jobs=("repairs.audio_analysis",),
        reads=("tracks",),
        writes=("tracks", "backbeat.track_repairs"),
        remark="Where `jobs.content_nodes` names enough of them.",
    ),
    Counterpart(
        network="Track-CID repair",
        cadence="not known / none",
        guard="flag",
        jobs=("repairs.track_cid",),
        reads=("tracks",),
        writes=("tracks", "backbeat.track_repairs"),
        remark="Where `jobs.content_nodes` names enough of them.",
    ),
    Counterpart(
        network="Scheduled releases",
        cadence="at start, then 60 s / 60 s",
        guard="one loop / lock of 600 s",
        jobs=("scheduled_releases",),
        reads=("tracks", "playlists"),
        writes=("tracks", "playlists"),
        remark="Albums too; what its owner hides again stays hidden.",
    ),
    Counterpart(
        network="Dashboard view refresher",
        cadence="at start, then 2 min, switched off / none",
        guard="one loop",
        jobs=("refresh.*",),
        remark="For views that the setting `jobs.refresh_views` names, on its cadence.",
    ),
    Counterpart(
        network="Checkpoint gap backfill",
        cadence="the Solana indexer's",
        guard="flag",
        remark="Out of scope: to fill a gap is to replay Solana, which is not followed here. Its indexers keep "
        "`sol_slot_checkpoints`, and `backbeat doctor` names the gaps.",
    ),
    Counterpart(
        network="User social sets",
        cadence="not known / none",
        guard="flag",
        jobs=("aggregates.social_sets",),
        reads=("follows", "aggregate_user"),
        writes=("user_social_sets",),
        remark="Where the setting `jobs.social_sets` wants it: readers ask `follows` of users who have no set.",
    ),
    Counterpart(
        network="Aggregate tips",
        cadence="none / 5 s",
        guard="lock of 600 s",
        jobs=("tips.supporters", "tips.supporter_counts"),
        reads=("user_tips",),
        writes=("aggregate_user_tips", "supporter_rank_ups", "aggregate_user"),
        remark="A late tip counts too.",
    ),
    Counterpart(
        network="Entity counts",
        cadence="none / at start, then 10 min",
        guard="lock of 300 s",
        jobs=("aggregates.entity_counts",),
        reads=("users", "tracks", "playlists", "track_routes", "playlist_routes", "aggregate_user"),
        writes=("backbeat.listed_owners", "backbeat.entity_counts"),
        remark="The network keeps them in Redis; here they are the row of `backbeat.entity_counts`.",
    ),
    Counterpart(
        network="API metrics merge / sync",
        cadence="none / 5 min, 60 min",
        guard="",
        remark="Out of scope: nodes tell each other how often their APIs were asked, and the network has other means "
        "by now. Who serves an API fills `aggregate_*_metrics` of an adopted database; nothing here reads them.",
    ),
    Counterpart(
        network="VACUUM ANALYZE",
        cadence="none / 1 day",
        guard="lock of 3,600 s",
        remark="Autovacuum does it. `backbeat doctor` names the tables that need a hand, with the statement.",
    ),
    Counterpart(
        network="Challenge processing",
        cadence="30 s, 2 min, 10 min",
        guard="one loop for each group",
        jobs=("challenges.*",),
        reads=(
            "challenges",
            "users",
            "tracks",
            "playlists",
            "plays",
            "follows",
            "reposts",
            "saves",
            "remixes",
            "comments",
            "events",
            "user_events",
            "user_tips",
            "sol_purchases",
            "track_trending_scores",
            "playlist_trending_scores",
        ),
        writes=(
            "user_challenges",
            "challenge_profile_completion",
            "challenge_listen_streak",
            "trending_results",
            "notification",
        ),
    ),
    Counterpart(
        network="Solana balances, coins and prices",
        cadence="each its own",
        guard="flag",
        remark="Out of scope: Solana is not followed here. Its indexers fill `sol_purchases`, `user_tips`, "
        "`sol_reward_disbursements`, `reward_manager_txs` and `user_bank_txs`, which jobs follow; balances, coins and "
        "prices are tables of an adopted database that nothing here reads.",
    ),
)
"""Every job of the network's schedule, and what it leaves to documents of their own."""

OURS = {
    "notifications": "tells what the network's triggers tell, of acts instead of rows",
    "notifications.expire": "bounds the acts that were not told of",
    "change_log.prune": "removes log rows that every consumer has seen",
    "change_log.expire": "bounds what the log keeps for consumers that do not come",
    "audits.verify": "goes round every derived table, within a budget, and holds each row to what it follows from",
    "rejected.prune": "bounds what is kept of refused transactions",
}
"""Jobs that stand for none of the network's, and what each is for."""


def standing_for(counterpart: Counterpart, names: Iterable[str]) -> Iterator[str]:
    """Yield those of ``names`` that stand for a job of the network, in the order of the catalog."""
    for name in names:
        if any(fnmatchcase(name, pattern) for pattern in counterpart.jobs):
            yield name
