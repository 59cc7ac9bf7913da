"""What happens before a job of the schedule is measured, and what the network runs (domain: derived state, 4)."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

import msgspec

from backbeat.derived.plays.prune import READERS

SECOND, HOUR, DAY, WEEK = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)


PLAYS_DAYS = 730.0
"""How long plays are kept: as far back as the made-up ones reach."""


class Key(StrEnum):
    """What of a run's report a key is."""

    TAKEN = "taken"
    """What the run took up."""
    TOLD = "told"
    """Rows that it inserted."""
    GONE = "gone"
    """Rows that it deleted."""
    MADE = "made"
    """What the block brought, of the first file: a run that asks other programs takes each up more than once."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One job."""

    job: str
    """Its name in the catalog."""

    a_key: str
    """What its cost is divided by, in a word."""

    key: Key = Key.TAKEN
    """Where the number of keys is found."""

    after: timedelta = SECOND
    """How long after the block before; a week: at the same hour of the next week as the made-up network ended."""

    changes: Mapping[str, int]
    """How many of each file of ``synthetic/changes`` the block brings."""

    taken_down: int = 0
    """How many tracks the notifier takes down then."""

    first: tuple[str, ...] = ()
    """Jobs whose work this one's follows."""

    old: tuple[str, ...] = ()
    """The network's statements, files of ``old``, in order; empty: they are another case's."""

    without: tuple[str, ...] = ()
    """Indexes that the network's tables have not, and that would help its statements."""


PLAYS_READ_BY = tuple(reader.job for reader in READERS)

CASES = (
    Case(
        job="scheduled_releases",
        a_key="release",
        changes={"releases": 100},
        old=("scheduled_tracks", "scheduled_albums"),
        without=("tracks_scheduled", "playlists_scheduled"),
    ),
    Case(
        job="listen_streak_reminder",
        a_key="reminder",
        after=HOUR,
        changes={"plays": 100},
        first=("challenges.listen_streak",),
        old=("listen_streak_reminder",),
        without=("challenge_listen_streak_last",),
    ),
    Case(
        job="plays.prune",
        a_key="play",
        key=Key.GONE,
        after=HOUR,
        changes={},
        first=PLAYS_READ_BY,
        old=("prune_plays",),
    ),
    Case(
        job="contest_notifications",
        a_key="user told",
        key=Key.TOLD,
        changes={"contest_ends": 2, "follows": 100, "saves": 100},
        old=("contest_fans_ended", "contest_fans_ending_soon", "contest_hosts_ended", "contest_hosts_ending_soon"),
        without=("tracks_remixes", "events_open", "subscriptions_of_events"),
    ),
    Case(
        job="tips.supporters",
        a_key="tip",
        changes={"tips": 100},
        old=("tips_ranks_before", "tips_add", "tips_counts", "tips_ranks_after"),
    ),
    Case(job="tips.supporter_counts", a_key="user", changes={"tips": 100}, first=("tips.supporters",)),
    Case(
        job="repairs.audio_analysis",
        a_key="track",
        key=Key.MADE,
        changes={"uploads": 100},
        old=("audio_analysis",),
        without=("tracks_lacking_analysis",),
    ),
    Case(
        job="repairs.track_cid",
        a_key="track",
        key=Key.MADE,
        changes={"lost_cids": 100},
        old=("track_cid",),
        without=("tracks_lacking_cid",),
    ),
    Case(
        job="delists.tracks",
        a_key="track",
        changes={},
        taken_down=100,
        old=("delists_log", "delists_find", "delists_apply"),
    ),
    Case(
        job="aggregates.entity_counts",
        a_key="owner",
        changes={"follows": 100, "uploads": 50, "playlists": 50, "routes": 100},
        old=("count_tracks", "count_playlists", "count_users"),
    ),
    Case(job="engagement_notifications", a_key="completion", after=DAY, changes={}, old=("engagement",)),
    # the last one, since weeks go by
    Case(
        job="weekly_rotation",
        a_key="user told",
        key=Key.TOLD,
        after=WEEK,
        changes={"plays": 100},
        first=("scores.users",),
        old=("weekly_rotation",),
    ),
)
