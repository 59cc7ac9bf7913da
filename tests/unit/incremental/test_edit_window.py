"""When edits of which nothing can be told any more are answered with a rebuild."""

import pytest

from backbeat.incremental.change_feed import EditWindow


@pytest.mark.parametrize(
    ("known", "lost", "rebuilds", "needed"),
    [(True, True, True, True), (True, True, False, False), (True, False, True, False), (False, True, True, False)],
)
def test_a_rebuild_is_owed_where_a_position_was_lost_and_a_rebuild_gives_what_runs_would_have_given(
    known: bool, lost: bool, rebuilds: bool, needed: bool
) -> None:
    window = EditWindow(
        checkpoint="made_up",
        known=known,
        signature=None,
        after="1:1:",
        upto="1:1:",
        last="1:1:",
        frontier="1:1:",
        stream="made_up",
        lost=lost,
        reserved=False,
        kinds=("made_up",),
        rebuilds=rebuilds,
    )
    assert window.needs_rebuild is needed
