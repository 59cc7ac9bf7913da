"""Progress: it fits, its estimate is true, and in a pipe it is a line now and then beside the answer."""

import io
import json
import time
from collections.abc import Callable

import pytest
from rich.console import Console

from backbeat.cli import progress
from backbeat.cli.line import Line
from backbeat.cli.progress import Work, shown
from backbeat.observe import figures


class Now:
    """A clock that is set."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def half_done(*, is_about: bool = False) -> Work:
    now = Now()
    work = Work("Auditing", "rows", 1_000_000, is_about=is_about, now=now)
    for second in range(21):
        now.seconds = 100.0 + second
        work.tell(100_000 + 20_000 * second)
    return work


@pytest.mark.parametrize("width", [120, 80, 30])
def test_it_is_one_line_whatever_the_width(width: int) -> None:
    out = io.StringIO()
    Console(file=out, width=width).print(Line(half_done().parts()))
    [line] = out.getvalue().splitlines()
    assert len(line) <= width
    assert line.startswith("Auditing")
    assert ("50 % · about 25 s to go" in line) == (width >= 80)
    assert ("500,000 of 1,000,000 rows" in line) == (width >= 120)


def test_what_was_done_before_it_began_makes_nothing_faster() -> None:
    """A hundred thousand rows were there at the first word: what is left goes at the pace of the rest."""
    assert half_done().eta_seconds() == 25


def test_the_estimate_grows_while_nothing_moves() -> None:
    work = half_done()
    work._now.seconds += 20  # type: ignore[attr-defined]  # the test's own clock
    assert work.eta_seconds() == 50


def test_it_follows_the_pace_of_late() -> None:
    now = Now()
    work = Work("Auditing", "rows", 1_000, now=now)
    for second in range(101):
        now.seconds = 100.0 + second
        work.tell(second if second <= 50 else 50 + 5 * (second - 50))
    assert work.eta_seconds() == pytest.approx(140, abs=3)


@pytest.mark.parametrize(("done", "percent"), [(0, "0 %"), (1_000_000, "99 %"), (3_000_000, "99 %")])
def test_an_estimated_size_never_says_that_all_is_done(done: int, percent: str) -> None:
    work = Work("Auditing", "rows", 1_000_000, is_about=True)
    work.tell(done)
    assert work.sentence().startswith(f"Auditing: {percent}, {done:,} of about {max(done, 1_000_000):,} rows")


def test_of_what_nobody_measured_there_is_no_percentage() -> None:
    now = Now()
    work = Work("Recomputing x", "rows", 12_000, is_about=True, now=now)
    now.seconds += 75
    assert work.sentence() == "Recomputing x: about 12,000 rows, 1 min so far"
    assert work.event()["progress"]["percent"] is None


def test_another_part_begins_another_estimate() -> None:
    work = half_done()
    work.tell_of("blocks", 5, 10)
    assert work.eta_seconds() is None
    assert "50 %, 5 of 10 blocks" in work.sentence()


@pytest.mark.parametrize("seconds", [None, 0.0, 0.028, 0.99])
def test_less_than_a_second_to_go_is_not_said(seconds: float | None) -> None:
    assert figures.to_go(seconds) == ""
    assert figures.to_go(1.5) == "about 1.5 s to go"


def told(capsys: pytest.CaptureFixture[str], enough: Callable[[str], bool], *, as_json: bool) -> str:
    """Show work that takes as long as it takes to say enough of it."""
    text = ""
    with shown(Work("Auditing", "rows", 10), as_json=as_json) as work:
        work.tell(5)
        until = time.monotonic() + 30
        while not enough(text) and time.monotonic() < until:
            time.sleep(0.01)
            out, err = capsys.readouterr()
            assert not out, "standard output is the answer's"
            text += err
    return text


def test_in_a_pipe_it_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "TELL_SECONDS", 0.05)
    lines = told(capsys, lambda text: text.count("\n") >= 2, as_json=False).splitlines()
    assert {line.partition(", 0 s")[0] for line in lines} == {"Auditing: 50 %, 5 of 10 rows"}


def test_for_a_program_it_is_an_event_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "TELL_SECONDS", 0.05)
    lines = told(capsys, lambda text: text.count("\n") >= 2, as_json=True).splitlines()
    events = [json.loads(line)["progress"] for line in lines]
    assert {(each["done"], each["total"], each["percent"]) for each in events} == {(5, 10, 50)}


def test_hours_are_told_in_some_hundred_lines() -> None:
    at, lines = 0.0, 0
    while at < 24 * 3_600:
        at += max(progress.TELL_SECONDS, at * progress.TELL_SHARE)
        lines += 1
    assert lines < 200


def test_what_is_over_at_once_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(Work("Auditing", "rows", 10)) as work:
        work.tell(10)
    assert capsys.readouterr() == ("", "")
