"""``t``: among the first ten to repost or save what now is in the week's top ten (domain: challenges, 3.11).

Which tracks those are is a parameter: another list recomputes the ten tracks, and so does a repost or save of one of
them. Rows read per run that has something to do: what the blocks brought, and the reposts and saves of the tracks that
are judged again; otherwise ten scores and their tracks.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from backbeat.db.sql import load
from backbeat.db.together import Question
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation

TOP = load(__package__, "tastemaker_top.sql")


def top_tracks(*, amount: int | None, tracks: list[int] | None) -> Mapping[str, Any] | None:
    """Return the amount and the week's ten best tracks that may be shown; None while the challenge is inactive."""
    return None if amount is None else {"amount": amount, "tracks": tracks}


class Tastemaker(Derivation):
    """Judges the ten tracks of now whenever the list or something about them changes."""

    follow = Derivation.incremental  # the list is of the present: another one is news, not the past


TASTEMAKER = Tastemaker(
    "challenges.tastemaker",
    dirty=(
        feeds.blocks("t:last_repost_block", "reposts", load(__package__, "tastemaker_reposts.sql")),
        feeds.blocks("t:last_save_block", "saves", load(__package__, "tastemaker_saves.sql")),
        feeds.blocks("t:last_user_block", feeds.STANDING, load(__package__, "tastemaker_users.sql")),
        feeds.edits("t", "user", "act", keys=load(__package__, "tastemaker_edits.sql")),
    ),
    parameters=Question(top_tracks, TOP),
    query=load(__package__, "tastemaker.sql"),
    # ten tracks are judged together, so nothing ties a row to a key
    target=msgspec.structs.replace(progress_of("t"), scope=None),
)

CHALLENGE = challenge.followed(
    "t",
    keeper=TASTEMAKER,
    facts=(load(__package__, "tastemaker_facts.sql"),),
    every_seconds=120,
    goes_by_more=True,  # the week's top ten
)
