"""What a state is: the tables whose rows two instances of one chain have alike, and what is left aside of them.

The list is whole: a table of the schema stands either in :data:`CONTENT` or in :data:`NOT_CONTENT`, each with a reason.
A name without a schema is the network's, found as the session finds it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

NUMBERED = "this server numbered the row; what is rolled back leaves gaps"
LOOKED = "when this instance wrote the row"
BEGUN = "when, and where the chain stood as, this instance began with it"
RELEASED = "what came out by itself bears the instant at which the job looked"
BETWEEN = "what was done between blocks stands in front of the one that this instance came to next"
BY_THE_HOUR = "a score is of the hour at which it was computed"
ONCE_AN_HOUR = "of rewards that are completed within an hour one is told of: the first that a job writes"
RANKED = "it tells of the list that stood when the job looked"
BY_THE_CLOCK = "it is sent at a time of the day, or so many hours after an act"


class Kind(StrEnum):
    """Who writes a table."""

    BASE = "base"
    DERIVED = "derived"
    OTHERS = "others"


class Growing(msgspec.Struct, frozen=True):
    """How a table that only grows tells what was there at a height: rows whose ``column`` is not above it.

    ``by_height``: the column holds heights of the chain; otherwise numbers of blocks.
    """

    column: str
    by_height: bool = False


class Table(msgspec.Struct, frozen=True):
    """A table of a state."""

    name: str
    """As it is called in SQL."""
    kind: Kind
    """Who writes it: blocks, jobs and triggers, or other programs."""
    aside: Mapping[str, str] = MappingProxyType({})
    """Columns that tell when we looked and not what is so, each with the reason."""
    growing: Growing | None = None
    """How to see it as of a height; None: its rows are written over, so only as it is now."""
    types_aside: Mapping[str, str] = MappingProxyType({})
    """Rows that are left aside, by the value of the column ``type``, each with the reason."""
    between_aside: str = ""
    """Why rows are left aside that stand in front of a block, of which ``place`` is negative; empty: none are."""


def _tables(kind: Kind, *names: str) -> list[Table]:
    return [Table(name, kind) for name in names]


def _aside(kind: Kind, reason: str, columns: Mapping[str, str]) -> list[Table]:
    """Return tables of which these columns, separated by spaces, are left aside for one reason."""
    return [Table(name, kind, dict.fromkeys(left.split(), reason)) for name, left in columns.items()]


def _growing(column: str, *names: str, by_height: bool = False) -> list[Table]:
    return [Table(name, Kind.BASE, growing=Growing(column, by_height)) for name in names]


BASE: Iterable[Table] = (
    *_tables(
        Kind.BASE,
        *("blocks", "revert_blocks", "users", "user_pubkeys", "dashboard_wallet_users", "collectibles", "muted_users"),
        *("track_routes", "stems", "remixes", "track_collaborators", "playlist_routes", "playlist_tracks"),
        *("playlist_seen", "follows", "saves", "reposts", "shares", "subscriptions", "comments", "comment_mentions"),
        *("comment_threads", "comment_reactions", "comment_reports", "comment_notification_settings"),
        *("developer_apps", "oauth_redirect_uris", "grants", "events", "notification_seen"),
        *("backbeat.transaction_counts", "backbeat.rejected_bytes"),
        *("backbeat.replay_counts", "backbeat.replayed_transactions", "backbeat.told_plays"),
        *("backbeat.past_users", "backbeat.past_comments", "backbeat.past_events", "backbeat.past_follows"),
        *("backbeat.past_reposts", "backbeat.past_saves", "backbeat.past_challenges", "backbeat.past_frontiers"),
    ),
    Table("backbeat.acts", Kind.BASE, between_aside=BETWEEN),
    *_growing("height", "core_indexed_blocks", by_height=True),
    *_growing("blocknumber", "user_payout_wallet_history", "track_downloads", "track_price_history"),
    *_growing("blocknumber", "album_price_history"),
    Table("plays", Kind.BASE, {"updated_at": LOOKED}, Growing("slot", by_height=True)),
    *_aside(
        Kind.BASE,
        NUMBERED,
        {"user_events": "id", "associated_wallets": "id", "encrypted_emails": "id", "email_access": "id"}
        | {"reactions": "id"},
    ),
    Table(
        "skipped_transactions",
        Kind.BASE,
        {"id": NUMBERED, "created_at": LOOKED, "updated_at": LOOKED},
    ),
    *_aside(Kind.BASE, RELEASED, {"tracks": "updated_at", "playlists": "updated_at"}),
    *_aside(
        Kind.BASE,
        LOOKED,
        {"backbeat.cursor": "updated_at", "backbeat.chains": "begun_at", "backbeat.rejected_transactions": "tried_at"},
    ),
    *_aside(
        Kind.BASE,
        NUMBERED,
        {
            f"etl_{name}": "id"
            for name in (
                *("addresses", "blocks", "transactions", "plays", "manage_entities", "validators"),
                *("validator_registrations", "validator_deregistrations", "validator_misbehavior_deregistrations"),
                *("sla_rollups", "storage_proofs", "storage_proof_verifications"),
            )
        }
        | {"etl_sla_node_reports": "id sla_rollup_id"},
    ),
)
"""Written with the blocks."""

DERIVED: Iterable[Table] = (
    *_tables(
        Kind.DERIVED,
        *("aggregate_user", "aggregate_track", "aggregate_playlist", "aggregate_plays", "aggregate_monthly_plays"),
        *("milestones", "hourly_play_counts", "user_listening_history", "trending_results", "challenges"),
        *("challenge_profile_completion", "challenge_listen_streak", "aggregate_user_tips", "supporter_rank_ups"),
        *("backbeat.listened_hours", "backbeat.listened_tracks", "backbeat.karma"),
        *("backbeat.pruned_hours", "backbeat.pruned_listens", "backbeat.listed_owners", "backbeat.entity_counts"),
        *("backbeat.trending_track_counts", "backbeat.trending_users", "backbeat.delistings"),
        *("backbeat.counted_tips", "backbeat.supporters", "backbeat.cooldowns", "backbeat.standing_changes"),
    ),
    *_aside(
        Kind.DERIVED,
        LOOKED,
        {
            "user_social_sets": "updated_at",
            "user_distinct_play_hours": "updated_at",
            "user_distinct_play_tracks": "updated_at",
            "user_score_features": "updated_at",
            "user_challenges": "created_at",
            "backbeat.trending_waiting_tracks": "since",
            "backbeat.contest_notices": "begun_at told_at",
            "backbeat.track_repairs": "attempts next_attempt_at",
        },
    ),
    Table(
        "notification",
        Kind.DERIVED,
        {"id": NUMBERED},
        types_aside={
            **dict.fromkeys(("reward_in_cooldown", "claimable_reward"), ONCE_AN_HOUR),
            **dict.fromkeys(("trending", "trending_playlist", "trending_underground"), RANKED),
            **dict.fromkeys(("listen_streak_reminder", "weekly_rotation"), BY_THE_CLOCK),
        },
    ),
    *_aside(
        Kind.DERIVED,
        BY_THE_HOUR,
        {
            "track_trending_scores": "score magnitude created_at",
            "playlist_trending_scores": "score magnitude created_at",
            "backbeat.trending_leaders": "previous_rank since",
        },
    ),
    *_aside(Kind.DERIVED, BEGUN, {"backbeat.challenge_starts": "began_at caught_up_at block_number play_id"}),
)
"""Written by triggers and jobs."""

OTHERS: Iterable[Table] = (
    *_tables(
        Kind.OTHERS,
        *("user_tips", "user_bank_txs", "reward_manager_txs", "challenge_disbursements", "sol_reward_disbursements"),
        *("sol_purchases", "sol_payments", "usdc_purchases", "chat_blocked_users"),
        *("user_delist_statuses", "track_delist_statuses"),
    ),
    *_aside(Kind.OTHERS, LOOKED, {"sol_slot_checkpoints": "id updated_at created_at"}),
)
"""Written by other programs, and read by jobs."""

CONTENT: Mapping[str, Table] = {table.name: table for table in sorted((*BASE, *DERIVED, *OTHERS), key=lambda t: t.name)}
"""Every table of a state, in order."""

NOT_CONTENT: Mapping[str, str] = {
    **dict.fromkeys(
        ("backbeat.migrations", "backbeat.objects"),
        "what this version is made of; the schema is compared by `backbeat migrate`",
    ),
    **dict.fromkeys(
        ("backbeat.leases", "backbeat.indexer", "backbeat.processes", "backbeat.server"),
        "who works on this database, and where it lies",
    ),
    **dict.fromkeys(
        ("backbeat.adoptions", "backbeat.adoption_steps", "backbeat.adopted_triggers", "backbeat.beside"),
        "whose this database was before or is, and how it was taken over",
    ),
    **dict.fromkeys(
        ("backbeat.watched", "backbeat.watch_rounds", "backbeat.watch_differences"),
        "how this database compares with another indexer's",
    ),
    **dict.fromkeys(("backbeat.jobs", "backbeat.job_runs"), "when jobs ran here"),
    **dict.fromkeys(
        ("indexing_checkpoints", "backbeat.consumers", "backbeat.clocks"),
        "how far jobs have read; quiet runs leave them where they are, so they tell when runs were",
    ),
    **dict.fromkeys(
        ("backbeat.changes", "backbeat.rounds", "backbeat.score_pass", "backbeat.drift", "backbeat.pruned_plays"),
        "read and pruned, gone round, looked at, at some time or other",
    ),
    **dict.fromkeys(
        ("backbeat.audits", "backbeat.verification"),
        "how far this instance has looked its own rows over, and when; what it found wrong is no row of the network",
    ),
    **dict.fromkeys(
        ("backbeat.past_tracks", "backbeat.past_playlists"),
        "what comes out by itself changes its row behind the block at which the job looked; rewards go by its date",
    ),
    "backbeat.histories": "since when this instance keeps histories",
    "backbeat.signed_messages": (
        "what no block can ask for any more is forgotten some batches later; what came again is content"
    ),
    **dict.fromkeys(
        ("backbeat.tastemaker_lists", "backbeat.weekly_snapshots"),
        "what trended when this instance looked; rewards follow from it, and are compared",
    ),
    **dict.fromkeys(
        ("delist_status_cursor", "backbeat.delist_progress", "backbeat.delist_asides"),
        "how far this instance has asked the trusted notifier, and when",
    ),
}
"""The other tables of the schema, each with the reason why two instances need not have them alike."""
