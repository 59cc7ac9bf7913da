"""What a run is to do, by what its feeds tell, what its parameters are and what the last run remembered."""

from collections.abc import Mapping
from typing import Any

import pytest

from backbeat.incremental.change_feed import ChangeFeed, ChangeWindow, EditFeed, EditWindow
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.run import NO_PARAMETERS, NOTHING, Action, Missing, Policy, Positions, decide
from backbeat.incremental.window import AnyFeed, AnyWindow

BLOCKS = BlockFeed("blocks", "made_up", Stamp.BLOCK, 10)
CHANGES = ChangeFeed("changes", "made_up", 10)
EDITS = EditFeed("edits", "made_up", 10, ("made_up",))
HERE, THERE = "5:5:", "9:9:"


def blocks(*, new: bool = False, known: bool = True, signature: str | None = None) -> StampWindow:
    upto = 9 if new else 5
    return StampWindow(checkpoint="blocks", known=known, signature=signature, after=5, upto=upto, last=upto, frontier=9)


def changes(
    *, new: bool = False, known: bool = True, lost: bool = False, reserved: bool = False, signature: str | None = None
) -> ChangeWindow:
    upto = THERE if new else HERE
    return ChangeWindow(
        checkpoint="changes",
        known=known,
        signature=signature,
        after=HERE,
        upto=upto,
        last=upto,
        frontier=THERE,
        stream="made_up",
        lost=lost or reserved or not known,
        reserved=reserved,
    )


def edits(*, new: bool = False, known: bool = True, lost: bool = False, rebuilds: bool = True) -> EditWindow:
    upto = THERE if new else HERE
    return EditWindow(
        checkpoint="edits",
        known=known,
        signature=None,
        after=HERE,
        upto=upto,
        last=upto,
        frontier=THERE,
        stream="made_up",
        lost=lost or not known,
        reserved=False,
        kinds=("made_up",),
        rebuilds=rebuilds,
    )


FEEDS: Mapping[str, AnyFeed] = {"blocks": BLOCKS, "changes": CHANGES, "edits": EDITS}


def positions(*windows: AnyWindow) -> Positions:
    return Positions(tuple(FEEDS[window.checkpoint] for window in windows), windows)


QUIET = positions(blocks(), changes())
NEW = positions(blocks(new=True), changes())
NONE_KNOWN = positions(blocks(known=False), changes(known=False))
ONE_MISSING = positions(blocks(), edits(known=False))
LOST = positions(blocks(), changes(lost=True))
EDITS_LOST = positions(blocks(), edits(lost=True))
EDITS_LOST_FOR_GOOD = positions(blocks(), edits(lost=True, rebuilds=False))
RESERVED = positions(blocks(), changes(reserved=True))
REMEMBERED = positions(blocks(signature="v1"), changes(signature="v1"))
REMEMBERED_AND_NEW = positions(blocks(new=True, signature="v1"), changes())
DISAGREEING = positions(blocks(signature="v1"), changes(signature="v2"))
ONLY_NEW = positions(blocks(new=True, known=False))
ONLY_UNKNOWN = positions(blocks(known=False))

REBUILD, JOIN, FRONTIER = (Policy(one, "v1") for one in (Missing.REBUILD, Missing.JOIN, Missing.FRONTIER))
BEGINNING, FIRST_ROW, SWEEP = (Policy(one) for one in (Missing.BEGINNING, Missing.FIRST_ROW, Missing.SWEEP))
SWEEPS = Policy(Missing.JOIN, "v1", sweeps=True)
OTHER = Policy(Missing.JOIN, "v2")


@pytest.mark.parametrize(
    ("found", "policy", "action"),
    [
        (QUIET, REBUILD, Action.QUIET),
        (QUIET, JOIN, Action.QUIET),
        (QUIET, FRONTIER, Action.QUIET),
        (QUIET, BEGINNING, Action.QUIET),
        (QUIET, FIRST_ROW, Action.QUIET),
        (QUIET, SWEEP, Action.QUIET),
        (NEW, REBUILD, Action.FOLLOW),
        (NEW, JOIN, Action.FOLLOW),
        (NEW, FRONTIER, Action.FOLLOW),
        (NEW, BEGINNING, Action.FOLLOW),
        (NEW, FIRST_ROW, Action.FOLLOW),
        (NEW, SWEEP, Action.FOLLOW),
        # nothing is on record
        (NONE_KNOWN, REBUILD, Action.REBUILD),
        (NONE_KNOWN, JOIN, Action.REBUILD),
        (NONE_KNOWN, SWEEPS, Action.SWEEP),
        (NONE_KNOWN, FRONTIER, Action.FOLLOW),
        (ONLY_UNKNOWN, BEGINNING, Action.FOLLOW),
        (ONLY_UNKNOWN, FIRST_ROW, Action.QUIET),
        (ONLY_UNKNOWN, SWEEP, Action.QUIET),
        (ONLY_NEW, BEGINNING, Action.FOLLOW),
        (ONLY_NEW, FIRST_ROW, Action.FOLLOW),
        (ONLY_NEW, SWEEP, Action.SWEEP),
        # one position is not
        (ONE_MISSING, REBUILD, Action.REBUILD),
        (ONE_MISSING, JOIN, Action.FOLLOW),
        (ONE_MISSING, FRONTIER, Action.FOLLOW),
        # what changed cannot be told
        (LOST, REBUILD, Action.REBUILD),
        (LOST, JOIN, Action.REBUILD),
        (LOST, SWEEPS, Action.SWEEP),
        (LOST, FRONTIER, Action.REBUILD),
        (EDITS_LOST, JOIN, Action.REBUILD),
        (EDITS_LOST, FRONTIER, Action.FOLLOW),
        (EDITS_LOST_FOR_GOOD, JOIN, Action.FOLLOW),
        # a rebuild was begun and not done
        (RESERVED, REBUILD, Action.REBUILD),
        (RESERVED, JOIN, Action.REBUILD),
        (RESERVED, FRONTIER, Action.REBUILD),
        # another definition, or other parameters
        (REMEMBERED, JOIN, Action.QUIET),
        (REMEMBERED, OTHER, Action.REBUILD),
        (REMEMBERED, Policy(Missing.REBUILD, "v2"), Action.REBUILD),
        (REMEMBERED, Policy(Missing.JOIN, "v2", sweeps=True), Action.SWEEP),
        (REMEMBERED, Policy(Missing.FRONTIER, "v2"), Action.QUIET),
        (REMEMBERED, Policy(Missing.JOIN), Action.QUIET),
        (REMEMBERED_AND_NEW, JOIN, Action.FOLLOW),
        (REMEMBERED_AND_NEW, OTHER, Action.REBUILD),
        (DISAGREEING, JOIN, Action.REBUILD),
        (DISAGREEING, OTHER, Action.REBUILD),
    ],
)
def test_a_run_does_what_its_positions_ask_for(found: Positions, policy: Policy, action: Action) -> None:
    assert decide(found, NO_PARAMETERS, policy) is action


@pytest.mark.parametrize("missing", Missing)
@pytest.mark.parametrize("found", [NOTHING, NEW, LOST])
def test_one_that_is_switched_off_does_nothing(found: Positions, missing: Missing) -> None:
    assert decide(found, None, Policy(missing, "v2")) is Action.OFF


@pytest.mark.parametrize("parameters", [{}, {"amount": 5}])
def test_parameters_count_by_their_signature(parameters: Mapping[str, Any]) -> None:
    assert decide(REMEMBERED, parameters, JOIN) is Action.QUIET


def test_only_what_no_position_is_kept_of_is_missing() -> None:
    assert ONE_MISSING.missing() == positions(edits(known=False))
    assert QUIET.missing() == NOTHING
    assert NONE_KNOWN.missing() == NONE_KNOWN
