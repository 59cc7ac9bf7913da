"""A chain that is followed up to a height ends there, whatever its source."""

from backbeat.app import Options
from backbeat.chain.until import UntilSource
from backbeat.clock import SystemClock
from backbeat.index.sources import followed_chain
from backbeat.settings import Settings


def test_a_height_makes_the_source_end_and_the_loop_with_it() -> None:
    chain = followed_chain(Settings(), SystemClock(), stop_at=7)
    assert isinstance(chain.source, UntilSource)
    assert chain.source.is_finite
    assert chain.exit_at_tip


def test_without_one_the_source_is_followed_for_ever() -> None:
    chain = followed_chain(Settings(), SystemClock())
    assert (chain.source.is_finite, chain.exit_at_tip) == (False, False)
    assert [options.exits for options in (Options(), Options(exit_at_tip=True), Options(stop_at=7))] == [
        False,
        True,
        True,
    ]
