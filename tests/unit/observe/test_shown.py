"""Words and figures that stand for nothing special."""

from datetime import UTC, datetime

import pytest

from backbeat.observe.tree import ChangeLogStatus, Outcomes, ServerMoves
from backbeat.web.view import shown_state
from builders.statuses import job

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)


def test_what_never_happened_is_counted_0_times() -> None:
    outcomes = Outcomes("plays")
    assert (outcomes.applied, outcomes.rejected, outcomes.ignored) == (0, 0, 0)
    assert (ServerMoves().restores, ServerMoves().promotions) == (0, 0)
    assert (ChangeLogStatus().size_bytes, ChangeLogStatus().consumers) == (0, ())


@pytest.mark.parametrize(
    ("state", "running", "deferred_since", "shown"),
    [
        ("late", True, NOON, "late"),
        ("fresh", True, NOON, "running"),
        ("fresh", True, None, "running"),
        ("fresh", False, NOON, "gives way"),
        ("fresh", False, None, "fresh"),
        ("paused", False, None, "paused"),
    ],
)
def test_a_job_shows_what_matters_most(state: str, running: bool, deferred_since: datetime | None, shown: str) -> None:
    assert shown_state(job(state=state, running=running, deferred_since=deferred_since)) == shown
