"""Charts that the server draws: their scales, gaps, marks and words."""

import re
from collections.abc import Sequence

import pytest

from backbeat.observe.history import Sample
from backbeat.web.chart import HEIGHT, Chart, Scale, charts_of, nice, scale_of

NOW = 1_800_000_000.0


def rates(values: Sequence[float | None], step: float = 10.0) -> list[Sample]:
    begin = NOW - step * (len(values) - 1)
    return [Sample(begin + step * at, transactions_per_second=value) for at, value in enumerate(values)]


def drawn(samples: list[Sample]) -> Chart:
    return charts_of(samples, NOW)[1]


def test_a_level_line_has_a_scale_of_its_size() -> None:
    chart = drawn(rates([20.0] * 60))
    assert (chart.is_logarithmic, list(chart.heights)) == (False, ["20", "10", "0"])
    assert chart.now == "20 per second now"


def test_what_was_seen_a_while_ago_is_not_told_as_of_now() -> None:
    [_, chart] = charts_of(rates([20.0] * 60), NOW + 9.0)
    assert chart.now == "20 per second at 08:00:00"


def test_a_peak_does_not_flatten_what_comes_after_it() -> None:
    chart = drawn(rates([5_000.0] * 10 + [8.0] * 40 + [4.0, 8.0] * 5))
    assert chart.is_logarithmic
    heights = {float(y) for y in re.findall(r"[\d.]+ ([\d.]+)", chart.line)}
    low, high = HEIGHT * (1 - Scale(10_000.0, True).share(4.0)), HEIGHT * (1 - Scale(10_000.0, True).share(8.0))
    assert {round(low, 1), round(high, 1)} <= heights
    assert low - high > 5, "the difference is seen"
    assert "on a logarithmic scale" in chart.label
    assert "at most 5,000" in chart.label


def test_a_peak_that_lasts_is_no_peak() -> None:
    assert not scale_of([(NOW - at, 5_000.0) for at in range(100)], NOW, 4.0).is_logarithmic


def test_what_is_unknown_is_a_gap() -> None:
    chart = drawn(rates([1.0, 2.0, None, None, 3.0, 4.0]))
    assert chart.line.count("M") == 2
    assert chart.area.count("Z") == 2


@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_where_nothing_is_known_nothing_is_drawn(values: list[float | None]) -> None:
    chart = drawn(rates(values))
    assert (chart.line, chart.now, chart.peak) == ("", "unknown now", "")


def test_restarts_lock_waits_and_outages_are_marked() -> None:
    samples = [
        Sample(NOW - 60, 1, 1.0, 1.0, 5.0),
        Sample(NOW - 50, 1, 1.0, 1.0, NOW - 51),
        Sample(NOW - 40, 1, 0.0, 0.0, NOW - 51, is_locked=True),
        Sample(NOW - 30, 1, 0.0, 0.0, NOW - 51, is_locked=True),
        Sample(NOW - 20, is_away=True),
        Sample(NOW, 1, 1.0, 1.0, NOW - 51),
    ]
    chart = drawn(samples)
    assert [mark.text.split(" at")[0] for mark in chart.marks] == ["restarted"]
    assert [(band.kind, round(band.width)) for band in chart.bands] == [("lock", 100), ("away", 100)]
    assert "waited for a lock from" in chart.label
    assert "the database did not answer from" in chart.label


def test_a_long_history_is_few_points() -> None:
    chart = drawn(rates([float(at % 7) for at in range(900)], step=1.0))
    assert len(chart.line.split()) < 500


@pytest.mark.parametrize(
    ("value", "top"),
    [(0.05, 0.1), (1.0, 1.0), (3.0, 4.0), (5.0, 10.0), (15.0, 20.0), (1_527.0, 2_000.0), (9_999.0, 10_000.0)],
)
def test_a_scale_ends_at_a_figure_to_read(value: float, top: float) -> None:
    assert nice(value) == pytest.approx(top)
