"""What pages and the terminal's view say, rendered without a database."""

from typing import Any

import msgspec
import pytest
from jinja2 import Environment
from rich.console import Console

from backbeat.cli.status import _watched
from backbeat.codes import JobState
from backbeat.errors import DatabaseError
from backbeat.jobs.record import JobRun
from backbeat.observe.tree import Check
from backbeat.web.job import page_of
from backbeat.web.rendering import Pages
from backbeat.web.view import View, breakable
from builders.statuses import NOW, job, status

ERROR: dict[str, Any] = {"error": "it broke", "cure": "Make `room`."}
SIZES = ((80, 24), (120, 40))


def a_run(**changes: Any) -> JobRun:
    defaults: dict[str, Any] = {
        field.name: 0 if field.required else field.default for field in msgspec.structs.fields(JobRun)
    }
    values = defaults | {"started_at": NOW, "finished_at": NOW, "outcome": "failed", "moved": {}} | ERROR
    return JobRun(**(values | changes))


def test_an_error_of_several_runs_is_told_once() -> None:
    failing = job(state=JobState.FAILING, failures=2, **ERROR)
    found = status(jobs=(failing,))
    runs = [a_run(), a_run(), a_run(outcome="changed", error="", cure="")]
    view = View(title="", tone="bad", headline=failing.name, at=NOW, problems=())
    pages = Pages(operable=True, now=lambda: NOW)
    shown = pages.shown("job.html", root="../", view=view, status=found, shown=page_of(failing, runs, found))
    text = bytes(shown.body).decode()
    assert text.count('class="why"') == 1
    assert text.count("likewise") == 1


def test_no_page_is_compiled_while_a_browser_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(operable=True, now=lambda: NOW)
    monkeypatch.setattr(Environment, "compile", None)
    shown = pages.failed(DatabaseError("database_slow", "It took too long.", cure="Ask again."))
    assert b"It took too long." in shown.body


def test_a_name_may_go_on_in_the_next_line_behind_its_parts_alone() -> None:
    assert breakable("challenges:<ft>:a_b") == "challenges:<wbr>&lt;ft&gt;:<wbr>a_<wbr>b"
    assert breakable("__a") == "__<wbr>a"


def test_what_is_watched_fits_the_terminal_whatever_fails() -> None:
    jobs = tuple(job(f"job_{at}", state=JobState.FAILING, failures=2, **ERROR) for at in range(60))
    failing = tuple(Check(f"job {each.name}", ok=False, detail="It broke. " * 30, cure="Mend. " * 9) for each in jobs)
    for checks in ((), failing[:1], failing):
        for columns, rows in SIZES:
            console = Console(width=columns, height=rows)
            shown = console.render_lines(_watched(status(jobs=jobs, checks=checks), console))
            assert len(shown) <= rows
            assert any("`backbeat jobs list`" in segment.text for line in shown for segment in line)
