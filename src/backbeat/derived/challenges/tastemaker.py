"""``t``: among the first ten to repost or save what is in the week's top ten (domain: challenges, 3.11).

Which tracks those are follows the clock, as trending does. So each run notes the list with the newest block where it is
another than before (``backbeat.tastemaker_lists``), and who earns is judged as of each block by the lists that were
noted: the same lists and blocks give the same rewards, whenever they are judged. A list is noted only where a feed will
tell of it. Rows read per run that has something to do: what the blocks brought, and the reposts and saves of the tracks
that are judged again; otherwise ten scores and their tracks.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from psycopg.sql import SQL

from backbeat.db.sql import compose, load, rendered
from backbeat.db.together import Question
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import TERMS, known
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import ENDS, Derivation
from backbeat.incremental.feed import StampWindow
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import Missing, Positions
from backbeat.incremental.transaction import Session

LOOK = rendered(__package__, "tastemaker_look.sql", terms=SQL("(\n{}\n)").format(SQL(TERMS)))
NOTE = load(__package__, "tastemaker_note.sql")
ACTS = "tastemaker_acts.sql"
LISTS = ("backbeat", "tastemaker_lists")
UNNOTED = "tracks"
LISTED = feeds.blocks("t:last_list_block", LISTS, load(__package__, "tastemaker_lists.sql"))


def seen(*, terms: list[Mapping[str, Any]], tracks: list[int] | None) -> Mapping[str, Any] | None:
    """Return what a run goes by: the list of now, where it is to be noted. None: the challenge was never on."""
    return {ENDS: one.ends, UNNOTED: tracks} if (one := next(iter(known(terms)), None)) else None


def is_heard(positions: Positions) -> bool:
    """Tell whether a list that is noted with the newest block would be told of; if not, it waits for the next block.

    It would not once a run has taken all lists up to that block, or if this run opens their position there.
    """
    lists = cast(StampWindow, positions.windows[0])  # LISTED is the first of its feeds
    return lists.after < lists.frontier if lists.known else positions.are_new


class Tastemaker(Derivation):
    """Notes the list of now, then judges what it and the blocks brought."""

    async def _next(self, session: Session, missing: Missing) -> RunReport:
        look = await self._look(session.connection)
        if look.values is not None and look.values[UNNOTED] is not None and is_heard(look.positions):
            # by itself: it is that of this block whichever worker notes it, and no part of a run
            await session.connection.execute(NOTE, {"tracks": look.values[UNNOTED]})
            look = await self._look(session.connection)
        return await self._go_on(session, look, missing)

    def _signature(self, values: Mapping[str, Any]) -> str:
        return super()._signature({name: one for name, one in values.items() if name != UNNOTED})


TASTEMAKER = Tastemaker(
    "challenges.tastemaker",
    dirty=(
        LISTED,
        feeds.blocks("t:last_repost_block", "reposts", compose(__package__, ACTS, **feeds.REPOSTS).as_string()),
        feeds.blocks("t:last_save_block", "saves", compose(__package__, ACTS, **feeds.SAVES).as_string()),
        feeds.blocks("t:last_user_block", feeds.STANDING, load(__package__, "tastemaker_users.sql")),
        feeds.edits("t", "user", "act", keys=load(__package__, "tastemaker_edits.sql")),
    ),
    parameters=Question(seen, LOOK, {"ids": ["t"]}),
    query=load(__package__, "tastemaker.sql"),
    # a row tells of its track by its specifier alone, so nothing ties it to a key
    target=msgspec.structs.replace(progress_of("t"), scope=None),
)

CHALLENGE = challenge.followed(
    "t",
    keeper=TASTEMAKER,
    facts=(load(__package__, "tastemaker_facts.sql"),),
    every_seconds=120,
    goes_by_more=True,  # the week's top ten
)
