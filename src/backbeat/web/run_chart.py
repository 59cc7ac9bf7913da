"""Charts of a job's runs: a bar each, as high as what it took or changed."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from backbeat.codes import RunOutcome
from backbeat.jobs.record import JobRun
from backbeat.observe import figures
from backbeat.web.chart import HEIGHT, LEVEL_SHARE, WIDTH, Scale, nice, times_of

_FAILED: Final = frozenset({RunOutcome.FAILED, RunOutcome.LOST})
_GROUPS: Final = ("quiet", "changed", "failed")
SPAN_SECONDS_MIN: Final = 60.0


class Bars(msgspec.Struct, frozen=True):
    """The bars of runs that ended in one way."""

    kind: str
    path: str


class RunChart(msgspec.Struct, frozen=True, kw_only=True):
    """One chart, ready to be drawn."""

    name: str
    """What its element is called."""
    title: str
    """What it shows."""
    bars: Sequence[Bars]
    """By how runs ended, those that failed last, above the others."""
    heights: Sequence[str]
    """The figures of the scale, from the top to 0."""
    times: Sequence[str]
    """The times below, from the left."""
    is_logarithmic: bool
    """Whether each step of the scale is a multiple of the one below."""
    told: str
    """What is usual, and the most."""
    label: str
    """The chart in words."""


def run_charts(runs: Sequence[JobRun]) -> list[RunChart]:
    """Return the charts of what runs took and changed, newest runs given first; none before the first."""
    if not runs:
        return []
    took = _chart("took", "How long runs took", runs, _seconds, figures.span, 0.001)
    changed = _chart("changed", "Rows that runs changed", runs, _rows, figures.count, 2.0)
    return [took, changed]


def _seconds(run: JobRun) -> float:
    return run.seconds / max(run.ticks, 1)


def _rows(run: JobRun) -> float:
    return run.inserted + run.updated + run.deleted


def _chart(
    name: str,
    title: str,
    runs: Sequence[JobRun],
    value_of: Callable[[JobRun], float],
    told: Callable[[float], str],
    least: float,
) -> RunChart:
    end = max(run.finished_at for run in runs).timestamp()
    begin = min(runs[-1].started_at.timestamp(), end - SPAN_SECONDS_MIN)
    points = [(run.finished_at.timestamp(), value_of(run)) for run in runs]
    values = sorted(value for _, value in points)
    usual, largest = values[len(values) // 2], values[-1]
    scale = Scale(nice(max(largest, least)) if largest else least, largest > LEVEL_SHARE * usual > 0, usual or 1.0)
    failed = sum(run.outcome in _FAILED for run in runs)
    return RunChart(
        name=name,
        title=title,
        bars=[Bars(kind, _path(kind, runs, value_of, scale, begin, end)) for kind in _GROUPS],
        heights=[told(scale.top), told(scale.middle), "0"],
        times=times_of(begin, end),
        is_logarithmic=scale.is_logarithmic,
        told=(usually := f"half up to {told(usual)}, at most {told(largest)}"),
        label=f"{title}, of {figures.plural(len(runs), 'run')}: {usually}; {figures.count(failed)} failed",
    )


def _path(
    kind: str,
    runs: Sequence[JobRun],
    value_of: Callable[[JobRun], float],
    scale: Scale,
    begin: float,
    end: float,
) -> str:
    bars = []
    for run in runs:
        if _kind(run) == kind:
            x = (run.finished_at.timestamp() - begin) / (end - begin) * WIDTH
            bars.append(f"M{x:.1f} {HEIGHT} V{HEIGHT - max(scale.share(value_of(run)) * HEIGHT, 2.0):.1f}")
    return " ".join(bars)


def _kind(run: JobRun) -> str:
    if run.outcome in _FAILED:
        return "failed"
    return "quiet" if run.outcome == RunOutcome.QUIET else "changed"
