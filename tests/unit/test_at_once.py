"""How many acts are told at once after runs that were cut off."""

from backbeat.derived.notifications.at_once import AtOnce


def test_a_cut_run_is_followed_by_a_tenth_and_each_that_is_done_by_twice_as_many() -> None:
    size = AtOnce(5_000)
    assert (size.cut(5_000), size.acts_max) == (True, 500)
    assert (size.cut(120), size.acts_max) == (True, 12)
    size.done()
    assert size.acts_max == 24
    for _ in range(20):
        size.done()
    assert size.acts_max == 5_000


def test_one_act_that_was_cut_gets_time_and_is_not_tried_a_third_time_in_a_run() -> None:
    size = AtOnce(5_000)
    assert (size.cut(1), size.acts_max, size.has_time) == (True, 1, True)
    assert (size.cut(1), size.acts_max, size.has_time) == (False, 1, True)
    size.done()
    assert (size.acts_max, size.has_time) == (2, False)
