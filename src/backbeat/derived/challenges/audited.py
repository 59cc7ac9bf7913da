"""How rewards and listening streaks are audited by ranges of users.

A challenge that is judged by user is judged again, as if there were no row of it. A user who was told of a reward, or
paid, is held to that as well, whatever the challenge. Differences are reported and nothing else: these rows pay.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, LiteralString

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from backbeat.db.sql import compose, load
from backbeat.derived.challenges.all import CHALLENGES
from backbeat.derived.challenges.challenge import Challenge
from backbeat.derived.challenges.listen_streak import AHEAD_MAX, LISTEN_STREAK, Listening, Streak
from backbeat.derived.challenges.profile_completion import PROFILE_STEPS
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.merge import Target
from backbeat.incremental.ranges import Audited, Held, Ranged, Why, keys_of
from backbeat.incremental.window import peek

LISTENERS_MAX = 100  # in a range: each with all its plays
PLAYS_AT_ONCE = 10_000  # a megabyte or two; the driver's own is 100, which takes an exchange each
PLAYS = load(__package__, "audited_streaks_plays.sql")
JUDGED_EXCUSES = compose(__package__, "audited_judged_excuses.sql", compared="compared").as_string()
USERS = keys_of("users", "user_id")
ASKS: Mapping[str, LiteralString | None] = {
    **dict.fromkeys(("u", "fp", "p", "v", "m", "rd", "p1")),
    "c": load(__package__, "audited_weeks.sql"),
    "cp": load(__package__, "audited_pins.sql"),
    "ft": load(__package__, "audited_tippers.sql"),
    "b": load(__package__, "audited_purchases.sql"),
}
"""Challenges that are judged user by user, by their first id; what answers the keys of users, where keys are others.

Of the rest a user's rows cannot be judged without those of others: who came first, or whether there was room.
"""

TOLD = Ranged(
    name="challenges.told",
    target=Target(
        table="user_challenges",
        key=("challenge_id", "specifier"),
        values=("user_id", "is_complete", "completed_blocknumber", "amount", "completed_at"),
        scope="user_id",
    ),
    query=load(__package__, "audited_told.sql"),
    sources=(USERS,),
    excuses=compose(__package__, "audited_told_excuses.sql", compared="compared").as_string(),
    unverified={"created_at": "It is when the row was first written, where no event tells."},
)


async def _judging(challenge: Challenge, connection: AsyncConnection[Any], keys: Sequence[Any]) -> Held:
    assert isinstance(challenge.recomputed, Derivation)  # noqa: S101 - as JUDGED chooses
    held = await challenge.recomputed.hold(connection, keys)
    return held._replace(values={**held.values, "as_of_block": challenge.as_of_block})


def _judged(challenge: Challenge, keeper: Derivation) -> Ranged:
    return keeper.ranged(
        USERS,
        look=partial(_judging, challenge),
        asks=ASKS[challenge.ids[0]],
        target=msgspec.structs.replace(keeper.target, scope="user_id"),
        also=("user_id",),
        excuses=JUDGED_EXCUSES,
        hides=True,
        kept=Why.KEPT,
        repair=None,
    )


async def _listening(connection: AsyncConnection[Any], keys: Sequence[Any]) -> Held:
    window = await peek(connection, LISTEN_STREAK.feed)
    if not window.known:
        return Held(why=Why.NOT_BUILT)
    streaks = dict[int, Streak]()
    values = {"keys": list(keys), "upto": window.after, "ahead_max": AHEAD_MAX}
    async with connection.cursor("listened", row_factory=tuple_row) as cursor:
        cursor.itersize = PLAYS_AT_ONCE
        await cursor.execute(PLAYS, values)
        async for user_id, at in cursor:
            if user_id not in streaks:
                streaks[user_id] = Streak(Listening(user_id, 0, [], [], [], None, 0, None))
            streaks[user_id].play(0, 0, at)
    made = list(streaks.values())
    return Held(
        {
            "users": [streak.user_id for streak in made],
            "dates": [streak.last_listen_date for streak in made],
            "days": [streak.streak for streak in made],
            "begins": [streak.began_at for streak in made],
        }
    )


STREAKS = Ranged(
    name="challenges.streaks",
    target=Target(
        table="challenge_listen_streak", key=("user_id",), values=("last_listen_date", "listen_streak", "began_at")
    ),
    query=load(__package__, "audited_streaks.sql"),
    sources=(keys_of("plays", "user_id"),),
    excuses=load(__package__, "audited_streaks_excuses.sql"),
    look=_listening,
    keys_max=LISTENERS_MAX,
)

JUDGED = tuple(
    _judged(challenge, challenge.recomputed)
    for challenge in CHALLENGES
    if challenge.ids[0] in ASKS and isinstance(challenge.recomputed, Derivation)
)

STEPS = PROFILE_STEPS.ranged(USERS, kept=None, excuses=load(__package__, "audited_steps_excuses.sql"))

AUDITS = (TOLD, *JUDGED, STREAKS, STEPS)


async def audit_user(connection: AsyncConnection[Any], challenge_id: str, user_id: int) -> Audited:
    """Audit what a user has, and should have, of one challenge."""
    own = msgspec.structs.replace(TOLD.target, within=("challenge_id", (challenge_id,)))
    found = Audited()
    for audit in (*JUDGED, msgspec.structs.replace(TOLD, target=own)):
        if audit.target.within and challenge_id in audit.target.within[1]:
            found = found.and_then(await audit.check_keys(connection, [user_id]))
    return found
