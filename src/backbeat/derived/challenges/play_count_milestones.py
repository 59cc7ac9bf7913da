"""``p1``, ``p2``, ``p3``: plays of a verified artist's tracks since 2025, in one pass (domain: challenges, 3.8).

A tier is completed by the block at whose end the artist, verified and active there, has so many plays of the tracks
that are the artist's then. Rows read per dirty owner: the owner's versions, challenge rows and tracks, one row of
``aggregate_monthly_plays`` per track, month and country, and of the plays those that came since the last run. Owners
who have completed every active tier cost two look-ups.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import Terms, terms
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import ENDS, Derivation, Dirty, Look
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import Positions, Run, Work
from backbeat.incremental.transaction import Session

# The specifier's suffix is part of the contract with the payout chain: editing a threshold must not mint a second row.
SUFFIXES = {"p1": "250", "p2": "1000", "p3": "10000"}

FEEDS = "challenges:play_count_milestones:"
JUDGED = ("plays_after", "users_after", "tracks_after")  # in the order of the feeds
BEGINNING = -1  # before every block and play
PLAYS_MAX = 200_000  # in a window: what lies behind it is read, too, to be left out of counts, so a backlog has few


def ladder(found: list[Terms]) -> Mapping[str, Any] | None:
    """Return what is judged: a tier that is on or was makes everybody be judged again when its terms change.

    So does one that is switched off, since the tier above opens where the one below it is reached.
    """
    if not found:
        return None
    ends = [one.end for one in found if one.end is not None]
    return {
        "ids": list(SUFFIXES),
        "suffixes": list(SUFFIXES.values()),
        "tiers": [(one.id, one.step_count, one.amount, one.edition, one.spells) for one in found],
        "on": [one.id for one in found if one.end is None],
        ENDS: {FEEDS: max(ends)} if len(ends) == len(found) else {},
    }


class PlayCountMilestones(Derivation):
    """Judges what happened since the positions; a rebuild that an operator asks for, all that plays tell of."""

    async def rebuild(self, session: Session) -> RunReport:
        """Judge all artists at every block from the last pruned play on, and take the checkpoints to the frontier."""
        look = await self._look(session.connection)
        if look.values is None:
            return RunReport(name=self.name)
        return await self._run_whole(session, look, {**look.values, **dict.fromkeys(JUDGED, BEGINNING)})

    async def _look(self, connection: AsyncConnection[Any]) -> Look:
        look = await super()._look(connection)
        return look if look.values is None else look._replace(values={**look.values, **self._judged(look.positions)})

    async def _work(self, run: Run, values: Mapping[str, Any], *, may_widen: bool) -> Work:
        return await super()._work(run, {**values, **self._judged(run.positions)}, may_widen=may_widen)

    def _judged(self, positions: Positions) -> Mapping[str, int]:
        """Return up to where what each feed tells of was judged."""
        return {name: positions.of(dirty.feed).after for name, dirty in zip(JUDGED, self._dirty, strict=False)}


PLAY_COUNT_MILESTONES = PlayCountMilestones(
    "challenges.play_count_milestones",
    dirty=(
        Dirty(
            BlockFeed(f"{FEEDS}last_play_id", "plays", Stamp.PLAY, PLAYS_MAX),
            load(__package__, "play_count_milestones_played.sql"),
        ),
        feeds.standings("play_count_milestones:last_user_block"),
        feeds.blocks(
            "play_count_milestones:last_track_block", "tracks", load(__package__, "play_count_milestones_tracks.sql")
        ),
        feeds.edits(
            "play_count_milestones", "user", "owner", "plays", keys=load(__package__, "play_count_milestones_edits.sql")
        ),
    ),
    parameters=terms(list(SUFFIXES), ladder),
    query=load(__package__, "play_count_milestones.sql"),
    target=progress_of(*SUFFIXES),
)

CHALLENGE = challenge.followed(
    *SUFFIXES,
    keeper=PLAY_COUNT_MILESTONES,
    facts=(challenge.IS_VERIFIED, load(__package__, "play_count_milestones_facts.sql")),
    every_seconds=120,
    group="challenges.plays",
    as_of_block=False,  # an audit counts what is left of the plays
)
