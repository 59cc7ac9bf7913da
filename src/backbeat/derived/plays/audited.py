"""How what is counted of plays is audited by ranges: hours, months, tracks, listeners.

Plays have no index by track. So months are counted from plays, one at a time, and a track's total from its months.
"""

from psycopg.sql import SQL

from backbeat.db.sql import load
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.incremental.merge import Target
from backbeat.incremental.ranges import DATES, INSTANTS, Ranged, keys_of

LISTENERS_MAX = 100  # in a range: each with all its plays

HOURS = HOURLY_PLAY_COUNTS.ranged(
    SQL(load(__package__, "hourly_hours.sql")),
    keys_of(("backbeat", "pruned_hours"), "hour", INSTANTS),
    query=load(__package__, "hourly_of.sql"),
    excuses=load(__package__, "hourly_excuses.sql"),
    kind=INSTANTS,
)

HISTORIES = USER_LISTENING_HISTORY.ranged(
    keys_of("plays", "user_id"),
    keys_of(("backbeat", "pruned_listens"), "user_id"),
    excuses=load(__package__, "listening_history_excuses.sql"),
    keys_max=LISTENERS_MAX,
)

MONTHS = Ranged(
    name="plays.months",
    target=Target(
        table="aggregate_monthly_plays",
        key=("play_item_id", "timestamp", "country"),
        values=("count",),
        scope="timestamp",
    ),
    query=load(__package__, "monthly_of.sql"),
    sources=(SQL(load(__package__, "monthly_months.sql")),),
    excuses=load(__package__, "monthly_excuses.sql"),
    kind=DATES,
    keys_max=1,  # month: all its plays are read
)

TOTALS = Ranged(
    name="plays.totals",
    target=Target(table="aggregate_plays", key=("play_item_id",), values=("count",)),
    query=load(__package__, "totals_of.sql"),
    sources=(
        keys_of("aggregate_monthly_plays", "play_item_id"),
        keys_of(("backbeat", "told_plays"), "track_id"),
    ),
)

AUDITS = (HOURS, HISTORIES, MONTHS, TOTALS)
