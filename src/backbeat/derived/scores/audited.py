"""How user scores, and what they are made of, are audited by ranges of users."""

from typing import LiteralString

import msgspec

from backbeat.db.sql import load
from backbeat.derived.scores.early_challenges import EARLY_CHALLENGES
from backbeat.derived.scores.karma import KARMA
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.derived.scores.score import SCORE
from backbeat.incremental.merge import Target
from backbeat.incremental.ranges import Ranged, keys_of

KEYS_MAX = 100  # listeners in a range: each with all its plays
PLAYERS = keys_of("plays", "user_id")


def _set(name: str, column: str, query: LiteralString, excuses: LiteralString) -> Ranged:
    return Ranged(
        name=f"scores.{name}",
        target=Target(table=("backbeat", name), key=("user_id", column), values=(), scope="user_id"),
        query=query,
        sources=(PLAYERS,),
        excuses=excuses,
        look=LISTENERS.hold,
        keys_max=KEYS_MAX,
        repair=LISTENERS.repair,
    )


HOURS = _set(
    "listened_hours", "hour", load(__package__, "audited_hours.sql"), load(__package__, "audited_hours_excuses.sql")
)
TRACKS = _set(
    "listened_tracks",
    "track_id",
    load(__package__, "audited_tracks.sql"),
    load(__package__, "audited_tracks_excuses.sql"),
)
COUNTERS = tuple(
    Ranged(
        name=f"scores.{counter.target.table}",
        target=msgspec.structs.replace(counter.target, scope="user_id"),
        query=counter.query,
        sources=(keys_of(pairs, "user_id"),),
        look=LISTENERS.hold,
        repair=LISTENERS.repair,
        unverified={"updated_at": "It is when the row was written."},
    )
    for counter, pairs in zip(
        LISTENERS.counters, (("backbeat", "listened_hours"), ("backbeat", "listened_tracks")), strict=True
    )
)
EARLY = EARLY_CHALLENGES.ranged(
    keys_of("users", "user_id"), kept=None, unverified={"updated_at": "It is when the row was written."}
)
SCORES = SCORE.ranged(keys_of("users", "user_id"))

AUDITS = (HOURS, TRACKS, *COUNTERS, EARLY, KARMA.ranged(), SCORES)
