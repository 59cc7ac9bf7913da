"""``t``: among the first ten to repost or save what is in the week's top ten (domain: challenges, 3.11).

Which tracks those are follows the clock, as trending does. So each run notes the list with the newest block where it is
another than before (``backbeat.tastemaker_lists``), and who earns is judged as of each block by the lists that were
noted: the same lists and blocks give the same rewards, whenever they are judged. Rows read per run that has something
to do: what the blocks brought, and the reposts and saves of the tracks that are judged again; otherwise ten scores and
their tracks.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import while_active
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.feed import StampWindow
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import Positions, Run, Work
from backbeat.incremental.transaction import Session

LOOK = load(__package__, "tastemaker_look.sql")
NOTE = load(__package__, "tastemaker_note.sql")
BEGINNING = -1  # before every block
LISTS = ("backbeat", "tastemaker_lists")


class Tastemaker(Derivation):
    """Notes the list of now, then judges what it and the blocks brought."""

    async def incremental(self, session: Session) -> RunReport:
        """Note the list, and judge what changed."""
        await _note(session)
        return await super().incremental(session)

    async def follow(self, session: Session) -> RunReport:
        """Do the same, and leave alone what nothing has changed about."""
        await _note(session)
        return await super().follow(session)

    async def _work(self, run: Run, values: Mapping[str, Any], *, may_widen: bool) -> Work:
        return await super()._work(run, {**values, "since": _judged_to(run.positions)}, may_widen=may_widen)


def _judged_to(positions: Positions) -> int:
    """Return up to which block the tracks were judged that feeds name; ``BEGINNING`` if others than blocks name any."""
    news = [window for window in positions.windows if not window.is_quiet]
    by_block = [window.after for window in news if isinstance(window, StampWindow)]
    return min(by_block) if len(by_block) == len(news) else BEGINNING


async def _on(connection: AsyncConnection[Any]) -> Mapping[str, Any] | None:
    values = await while_active("t")(connection)
    return None if values is None else {**values, "since": BEGINNING}


async def _note(session: Session) -> None:
    """Note the list by itself: it is that of this block whichever worker notes it, and no part of a run."""
    tracks = await value(session.connection, LOOK)
    if tracks is not None:
        await session.connection.execute(NOTE, {"tracks": tracks})


TASTEMAKER = Tastemaker(
    "challenges.tastemaker",
    dirty=(
        feeds.blocks("t:last_list_block", LISTS, load(__package__, "tastemaker_lists.sql")),
        feeds.blocks("t:last_repost_block", "reposts", load(__package__, "tastemaker_reposts.sql")),
        feeds.blocks("t:last_save_block", "saves", load(__package__, "tastemaker_saves.sql")),
        feeds.blocks("t:last_user_block", feeds.STANDING, load(__package__, "tastemaker_users.sql")),
        feeds.edits("t", "user", "act", keys=load(__package__, "tastemaker_edits.sql")),
    ),
    parameters=_on,
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
