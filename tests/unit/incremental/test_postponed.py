"""Which derivations put off what is too much for one run."""

import pytest

from backbeat.incremental.derivation import Derivation, Dirty, Postponed
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.merge import Shared, Target

GIVEN = Postponed("made_up", 7)


@pytest.mark.parametrize("shared", [None, Shared("made_up", 10)])
@pytest.mark.parametrize("postponed", [None, GIVEN])
def test_without_a_sweep_only_those_that_say_so_postpone(shared: Shared | None, postponed: Postponed | None) -> None:
    derived = Derivation(
        "made_up",
        dirty=[Dirty(BlockFeed("made_up", "plays", Stamp.PLAY, 5), "SELECT 1 AS key, 1 AS rows")],
        query="SELECT 1 AS id, 1 AS score",
        target=Target(table="made_up", key=("id",), values=("score",), scope="id", shared=shared),
        postponed=postponed,
    )
    assert derived._postponed is postponed
