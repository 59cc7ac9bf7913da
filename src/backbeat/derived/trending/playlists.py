"""Scores of playlists and albums by week, month and year (domain: derived state 2.3, 8.3).

A playlist is recounted by index when its saves, reposts or counts change, when a user who saved or reposted it within
the year gains or loses followers or a complete profile, when it is edited, when its owner crosses the minimum of
followers, and when time takes an act out of a window or the playlist's age over a step of its decay. Rows read per
dirty playlist: its saves and reposts, and who made them. A follower of a user who engaged with n playlists within a
year makes n dirty, once per run however many followers came and went; a run recounts a bounded number of them.
"""

from datetime import timedelta

from psycopg.sql import Literal

from backbeat.db.sql import compose, load
from backbeat.derived.trending import playlist_leaders
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Derivation, Dirty, Postponed
from backbeat.incremental.due import Now
from backbeat.incremental.keys import CHANGED_IDS
from backbeat.incremental.merge import Target
from backbeat.incremental.recurring import MICROSECOND, Recurring, days

NAME = "trending.playlists"

RECOUNTED_MAX = 20_000  # in a run; the rest is the next run's, which follows at once
PLAYLISTS_MAX = 10_000  # in a batch: some tens of milliseconds, and under a second if each has many admirers
TRACKS_MAX = 10_000  # in a batch; most are held by nothing that a list could show
USERS_MAX = 2_000  # in a batch; what they engaged with is as many rows again for most, thousands for a few
DUE_MAX = 100_000  # from there, which takes an outage of days, one pass over everything costs no more
REBUILD_SHARE = 0.1  # of the scores, three to a playlist: 14,500 of 48,500 playlists cost as much as all, 0.8 s

PERIODS = days([7, 30, 365])
EDGES = (*PERIODS, *(period + MICROSECOND for period in PERIODS))  # an act's karma stays for the edge itself
AGES = days([0], range(8, 15), range(31, 61), range(366, 731))  # steps of the decay; 0: a release

HOLDING = load(__package__, "playlists_holding.sql").replace("{ranks_max}", str(playlist_leaders.RANKS_MAX))


def trending_playlists(clock: Now | None = None, *, recounted_max: int = RECOUNTED_MAX) -> Derivation:
    """Return the derivation; ``clock`` is what tells its time, the database's unless given."""
    return Derivation(
        NAME,
        dirty=(
            _due("windows", ("playlist_engagements", "created_at"), EDGES, clock, moves_zeros=True),
            _due("ages", ("playlist_births", "born_at"), AGES, clock, moves_zeros=False, time_of_day="born_time"),
            _changed("engaged_playlists", PLAYLISTS_MAX),
            _changed("trending_playlists", PLAYLISTS_MAX),
            Dirty(ChangeFeed(f"{NAME}:tracks", "trending_tracks", TRACKS_MAX), HOLDING),
            Dirty(ChangeFeed(f"{NAME}:users", "karma_users", USERS_MAX), load(__package__, "playlists_users.sql")),
        ),
        query=load(__package__, "playlists.sql"),
        follow=playlist_leaders,
        postponed=Postponed("trending_playlists", recounted_max),
        rebuild_share=REBUILD_SHARE,
        flushed=False,
        target=Target(
            table="playlist_trending_scores",
            key=("playlist_id", "type", "version", "time_range"),
            values=("score",),
            stamps=("created_at",),
            scope="playlist_id",
            within=("type", ("PLAYLISTS",)),
        ),
    )


def _due(
    name: str,
    instants: tuple[str, str],
    delays: tuple[timedelta, ...],
    clock: Now | None,
    *,
    moves_zeros: bool,
    time_of_day: str | None = None,
) -> Dirty:
    """Return the feed of delays after the instants in (view, column); ``moves_zeros``: it may lift a score of 0."""
    view, column = ("backbeat", instants[0]), instants[1]
    due = compose(
        __package__,
        "playlists_due.sql",
        view=view,
        column=column,
        share=Literal(REBUILD_SHARE),
        moves_zeros=Literal(moves_zeros),
    )
    return Dirty(Recurring(f"{NAME}:{name}", view, column, delays, DUE_MAX, clock, time_of_day), due.as_string())


def _changed(stream: str, rows_max: int) -> Dirty:
    return Dirty(ChangeFeed(f"{NAME}:{stream}", stream, rows_max), CHANGED_IDS)


TRENDING_PLAYLISTS = trending_playlists()
