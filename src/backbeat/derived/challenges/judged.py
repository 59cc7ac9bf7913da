"""Challenges that judge an event once, by the state of its block (domain: challenges, 3.5, 3.9, 3.13, 3.14).

What was refused stays refused: an edited catalogue, a late verification or a long backlog never makes the past pay.
Only a first run, or an operator who asks for a rebuild, judges all of history.
"""

import math
from collections.abc import Sequence
from typing import LiteralString

import msgspec

from backbeat.derived.challenges.catalog import while_active
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation, Dirty, Parameters


def judged_once(
    name: str,
    challenge_id: str,
    *also: str,
    dirty: Sequence[Dirty],
    query: LiteralString,
    parameters: Parameters | None = None,
) -> Derivation:
    """Return the derivation of a challenge whose keys are events. The query reads its terms itself."""
    return Derivation(
        name,
        dirty=dirty,
        query=query,
        target=msgspec.structs.replace(progress_of(challenge_id, *also), scope=None),
        parameters=parameters or while_active(challenge_id),
        rebuild_share=math.inf,
    )
