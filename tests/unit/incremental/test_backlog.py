"""In which order a backlog is taken."""

from datetime import UTC, datetime, timedelta

import msgspec

from backbeat.incremental.backlog import ANYTHING, End, News, align_to_first_limit, edits_last, end_with, news_of
from backbeat.incremental.change_feed import EditFeed, EditWindow
from backbeat.incremental.due import Due, DueWindow
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.run import Positions

FIRST, SECOND = (BlockFeed(name, "made_up", Stamp.BLOCK, 10) for name in ("first", "second"))
PLAYS = BlockFeed("plays", "plays", Stamp.PLAY, 10)
EDITS = EditFeed("edits", "made_up", 10, ("made_up",))
DUE = Due("due", "made_up", "at", 10)
AT, HOUR = datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)


def stamped(feed: BlockFeed, upto: int, last: int, *, after: int = 10) -> StampWindow:
    return StampWindow(
        checkpoint=feed.checkpoint, known=True, signature=None, after=after, upto=upto, last=last, frontier=last
    )


def edited() -> EditWindow:
    return EditWindow(
        checkpoint="edits",
        known=True,
        signature=None,
        after="5:5:",
        upto="9:9:",
        last="9:9:",
        frontier="9:9:",
        stream="made_up",
        lost=False,
        reserved=False,
        kinds=("made_up",),
        rebuilds=True,
    )


def test_blocks_are_taken_up_to_where_the_first_batch_is_full() -> None:
    found = Positions((FIRST, SECOND, PLAYS), (stamped(FIRST, 20, 90), stamped(SECOND, 80, 80), stamped(PLAYS, 70, 70)))
    aligned = align_to_first_limit(found)
    assert [window.upto for window in aligned.windows] == [20, 20, 70]
    assert [window.has_more for window in aligned.windows] == [True, True, False]


def test_a_feed_that_is_beyond_the_limit_already_stays_where_it_is() -> None:
    found = Positions((FIRST, SECOND), (stamped(FIRST, 20, 90), stamped(SECOND, 80, 80, after=50)))
    assert [window.upto for window in align_to_first_limit(found).windows] == [20, 50]


def test_full_batches_of_plays_hold_up_no_blocks() -> None:
    found = Positions((FIRST, PLAYS), (stamped(FIRST, 80, 80), stamped(PLAYS, 20, 90)))
    assert align_to_first_limit(found) == found


def test_edits_wait_for_a_backlog_of_blocks() -> None:
    behind = Positions((FIRST, EDITS), (stamped(FIRST, 20, 90), edited()))
    assert [window.is_quiet for window in edits_last(behind).windows] == [False, True]
    assert edits_last(behind).have_more
    through = Positions((FIRST, EDITS), (stamped(FIRST, 90, 90), edited()))
    assert edits_last(through) == through


def test_what_is_not_new_ends_where_the_first_feed_with_news_begins() -> None:
    quiet = stamped(PLAYS, 10, 10)
    found = Positions((FIRST, SECOND, PLAYS), (stamped(FIRST, 90, 90, after=40), stamped(SECOND, 90, 90), quiet))
    assert news_of(found) == News(10, 90)
    assert news_of(found.replaced(SECOND, stamped(SECOND, 10, 10))) == News(40, 90)


def test_what_others_than_blocks_tell_is_no_news_of_blocks() -> None:
    found = Positions((FIRST, PLAYS, EDITS), (stamped(FIRST, 90, 90, after=40), stamped(PLAYS, 20, 20), edited()))
    assert news_of(found) == News(40, 90)
    assert news_of(found.part(PLAYS, EDITS)) == ANYTHING


def due() -> DueWindow:
    times = {"after": AT, "upto": AT + HOUR, "last": AT + HOUR, "frontier": AT + HOUR}
    return DueWindow(checkpoint="due", known=True, signature=None, delay=timedelta(), **times)


def test_what_is_switched_off_takes_what_came_before_and_nothing_else() -> None:
    windows = stamped(FIRST, 80, 90), stamped(SECOND, 90, 90, after=50), stamped(PLAYS, 80, 80), due(), edited()
    found = Positions((FIRST, SECOND, PLAYS, DUE, EDITS), windows)
    end = End(block=30, play=70, time=AT + HOUR / 2)
    ended = end_with(found, {"": end})
    assert [window.upto for window in ended.windows] == [30, 50, 70, AT + HOUR / 2, "5:5:"]
    assert not Positions(found.feeds[:4], ended.windows[:4]).have_more
    assert [window.upto for window in end_with(found, {"second": end}).windows[:3]] == [80, 50, 80]
    assert [window.upto for window in ended.whole().windows[:3]] == [30, 50, 70]
    assert end_with(found, {}) == found


def test_the_run_that_comes_to_the_end_names_what_is_known_by_then() -> None:
    """A row that was written again behind the end is found there alone, and edits have no block."""
    found = Positions(
        (FIRST, SECOND, PLAYS, EDITS),
        (stamped(FIRST, 10, 10), stamped(SECOND, 90, 90), stamped(PLAYS, 80, 80), edited()),
    )
    quiet = stamped(FIRST, 10, 10)
    found = found.replaced(FIRST, msgspec.structs.replace(quiet, frontier=90))
    end = End(block=30, play=70, time=AT)
    ended = end_with(found, {"": end})
    assert [window.upto for window in ended.windows] == [30, 30, 70, "5:5:"]
    assert [window.bounds()["upto"] for window in ended.windows] == [90, 90, 70, "9:9:"]
    assert not ended.have_more
    assert [window.bounds()["upto"] for window in ended.whole().windows] == [30, 30, 70, "5:5:"]
    assert ended.pending().of(EDITS).bounds()["upto"] == "9:9:"

    taken = found.replaced(FIRST, stamped(FIRST, 30, 30, after=30)).replaced(SECOND, stamped(SECOND, 90, 90, after=30))
    later = end_with(taken, {"": end})
    assert later.part(FIRST, SECOND, EDITS).are_quiet


def test_a_full_batch_before_the_end_names_nothing_behind_it() -> None:
    found = Positions((FIRST, SECOND, EDITS), (stamped(FIRST, 20, 90), stamped(SECOND, 90, 90), edited()))
    ended = edits_last(align_to_first_limit(end_with(found, {"": End(block=30, play=70, time=AT)})))
    assert [window.bounds()["upto"] for window in ended.windows] == [20, 20, "5:5:"]
    assert ended.have_more
