"""Charts as lines of an SVG, drawn by the server: what they show, on what scale, and the same in words.

The line is drawn in a box of ``WIDTH`` by ``HEIGHT`` that the browser stretches; the figures beside it are text of the
page, so they stay legible at any width.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from math import expm1, log1p
from typing import Final

import msgspec

from backbeat.observe import figures
from backbeat.observe.history import KEPT_SECONDS, Sample

WIDTH: Final = 600
HEIGHT: Final = 150
COLUMNS: Final = 200  # points of a line at most: three units each, finer than most screens show
SPAN_SECONDS_MIN: Final = 120.0  # a young process has a short history; show it large
LEVEL_SHARE: Final = 8.0  # a peak so many times what is usual would leave the usual an eighth of the height
USUAL_SECONDS: Final = 60.0  # what is usual is what came in the last minute: so soon after a peak it shows again
WITH_SECONDS: Final = 600.0  # below it, times of the axis need their seconds to differ
NEW_SECONDS: Final = 3.0  # a sample comes every second while the charts are looked at, else every ten
WHOLE_FROM: Final = 10.0  # a figure with two digits needs none after the point

Point = tuple[float, float | None]


class Mark(msgspec.Struct, frozen=True):
    """A restart, as a line at ``x``."""

    x: float
    text: str


class Band(msgspec.Struct, frozen=True):
    """A while of one ``kind``: a lock that was waited for, or a database that did not answer."""

    kind: str
    x: float
    width: float
    text: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """One chart, ready to be drawn."""

    name: str
    """What its element is called."""
    title: str
    """What it shows."""
    line: str
    """The path of the line."""
    area: str
    """The path of what is below it."""
    heights: Sequence[str]
    """The figures of the scale, from the top to 0."""
    times: Sequence[str]
    """The times below, from the left."""
    marks: Sequence[Mark]
    """Restarts."""
    bands: Sequence[Band]
    """Whiles in which something was the matter."""
    now: str
    """The newest value with its unit, and when it was seen if that was a while ago."""
    peak: str
    """The largest one, and when it was; empty where nothing is known."""
    is_logarithmic: bool
    """Whether each step of the scale is a multiple of the one below."""

    @property
    def label(self) -> str:
        """The chart in words."""
        scale = ", on a logarithmic scale" if self.is_logarithmic else ""
        noted = [*(mark.text for mark in self.marks), *(band.text for band in self.bands)]
        told = [f"{self.title}{scale}: {self.now}", self.peak, *noted]
        return "; ".join(part for part in told if part)


class Scale(msgspec.Struct, frozen=True):
    """From 0 to ``top``; logarithmic above ``unit`` where a peak would flatten what is usual."""

    top: float
    is_logarithmic: bool = False
    unit: float = 1.0

    @property
    def middle(self) -> float:
        """The value that stands half way up."""
        return self.unit * expm1(log1p(self.top / self.unit) / 2) if self.is_logarithmic else self.top / 2

    def share(self, value: float) -> float:
        """Return how high a value stands, from 0 to 1."""
        if not self.is_logarithmic:
            return min(max(value / self.top, 0.0), 1.0)
        return min(log1p(max(value, 0.0) / self.unit) / log1p(self.top / self.unit), 1.0)


class Line(msgspec.Struct, frozen=True):
    """A chart's name, title and unit; ``floor``: the least that its scale reaches to; ``field``: of a sample."""

    name: str
    title: str
    unit: str
    field: str
    floor: float = 4.0


LINES: Final = (
    Line("lag", "Blocks behind", "behind", "lag_blocks"),
    Line("rate", "Transactions per second", "per second", "transactions_per_second"),
)


def charts_of(samples: Sequence[Sample], now: float) -> list[Chart]:
    """Return the charts of the last fifteen minutes."""
    return [_chart_of(line, samples, now) for line in LINES]


def _chart_of(line: Line, samples: Sequence[Sample], now: float) -> Chart:
    known = now - samples[0].at if samples else 0.0
    begin = now - min(max(known, SPAN_SECONDS_MIN), KEPT_SECONDS)
    points = [(sample.at, getattr(sample, line.field)) for sample in samples if sample.at >= begin]
    scale = scale_of(points, now, line.floor)
    drawn = _drawn(points, begin, now, scale)
    return Chart(
        name=line.name,
        title=line.title,
        line=" ".join(_path(run) for run in drawn),
        area=" ".join(f"{_path(run)} V{HEIGHT} H{run[0][0]:.1f} Z" for run in drawn if len(run) > 1),
        heights=[_short(scale.top), _short(scale.middle), "0"],
        times=times_of(begin, now),
        marks=_restarts(samples, begin, now),
        bands=[*_bands(samples, begin, now)],
        now=_now(points, line.unit, now),
        peak=peak_of(points),
        is_logarithmic=scale.is_logarithmic,
    )


def scale_of(points: Sequence[Point], now: float, floor: float) -> Scale:
    """Return a scale on which what is usual stays legible beside the largest value.

    Usual is the largest value of the last minute.
    """
    values = sorted(value for _, value in points if value is not None)
    if not values:
        return Scale(floor)
    lately = [value for at, value in points if value is not None and at >= now - USUAL_SECONDS]
    usual = max(floor, max(lately, default=0.0))
    top = nice(max(floor, values[-1]))
    return Scale(top, is_logarithmic=values[-1] > LEVEL_SHARE * usual)


def nice(value: float) -> float:
    """Return the next of 1, 2, 4, 10, 20, 40 … at or above ``value``, whose half is a figure to read."""
    step = 10.0 ** (len(f"{max(value, 1.0):.0f}") - 1)
    while step > value > 0:
        step /= 10
    return next(step * factor for factor in (1, 2, 4, 10, 20) if step * factor >= value)


def times_of(begin: float, end: float) -> list[str]:
    """Return four times of the axis, evenly apart."""
    shown = "%H:%M" if end - begin >= WITH_SECONDS else "%H:%M:%S"
    return [f"{datetime.fromtimestamp(begin + (end - begin) * third / 3, UTC):{shown}}" for third in range(4)]


def peak_of(points: Sequence[Point]) -> str:
    """Return the largest value and when it was."""
    known = [(value, at) for at, value in points if value is not None]
    if not known:
        return ""
    value, at = max(known)
    if not value:
        return ""
    return f"at most {_short(value)} at {_clock(at)}"


def _now(points: Sequence[Point], unit: str, now: float) -> str:
    at, value = points[-1] if points else (now, None)
    if value is None:
        return "unknown now"
    when = "now" if now - at <= NEW_SECONDS else f"at {datetime.fromtimestamp(at, UTC):%H:%M:%S}"
    return f"{figures.count(value)} {unit} {when}"


def _drawn(points: Sequence[Point], begin: float, end: float, scale: Scale) -> list[list[tuple[float, float]]]:
    """Return the line in runs that a gap divides; of what would be in one column, the largest."""
    runs: list[list[tuple[float, float]]] = [[]]
    taken = -1
    for at, value in points:
        if value is None:
            if runs[-1]:
                runs.append([])
            continue
        share = (at - begin) / (end - begin)
        x, y = share * WIDTH, HEIGHT * (1 - scale.share(value))
        column = int(share * COLUMNS)
        if column == taken and runs[-1]:
            last_x, last_y = runs[-1][-1]
            runs[-1][-1] = (last_x, min(last_y, y))
        else:
            runs[-1].append((x, y))
        taken = column
    return [run for run in runs if run]


def _path(run: Sequence[tuple[float, float]]) -> str:
    (x, y), *rest = run
    if not rest:
        return f"M{x:.1f} {y:.1f} h1"
    return f"M{x:.1f} {y:.1f} L{' '.join(f'{each:.1f} {height:.1f}' for each, height in rest)}"


def _restarts(samples: Sequence[Sample], begin: float, end: float) -> list[Mark]:
    started = [sample.started_at for sample in samples if sample.started_at is not None]
    changed = [after for before, after in pairwise(started) if after != before]
    return [
        Mark((at - begin) / (end - begin) * WIDTH, f"restarted at {_clock(at)} UTC") for at in changed if at >= begin
    ]


_KINDS: Final = {"lock": "waited for a lock", "away": "the database did not answer"}


def _bands(samples: Sequence[Sample], begin: float, end: float) -> Iterator[Band]:
    since: tuple[str, float] | None = None
    shown = [sample for sample in samples if sample.at >= begin]
    for sample in shown:
        kind = "away" if sample.is_away else "lock" if sample.is_locked else ""
        if since is not None and kind != since[0]:
            yield _band(*since, sample.at, begin, end)
            since = None
        if kind and since is None:
            since = (kind, sample.at)
    if since is not None:
        yield _band(*since, end, begin, end)


def _band(kind: str, at: float, until: float, begin: float, end: float) -> Band:
    unit = WIDTH / (end - begin)
    text = f"{_KINDS[kind]} from {_clock(at)} to {_clock(until)} UTC"
    return Band(kind, (at - begin) * unit, max((until - at) * unit, 1.0), text)


_UNITS: Final = ((1e6, "M"), (1e4, "k"))
_SIZES: Final = {"M": 1e6, "k": 1e3}


def _short(value: float) -> str:
    for least, unit in _UNITS:
        if value >= least:
            return f"{value / _SIZES[unit]:g}{unit}"
    return figures.count(value) if value == int(value) or value >= WHOLE_FROM else f"{value:.1f}"


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"
