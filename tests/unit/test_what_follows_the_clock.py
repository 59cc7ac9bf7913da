"""Every job's rows follow from blocks alone, or the page says what else they follow from."""

import re
from pathlib import Path

from backbeat.jobs.catalog import JOBS

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "what-follows-the-clock.md"
ROW = re.compile(r"^\| `([\w.]+)` \| (\w+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
KINDS = {"instant", "found", "clock"}

FOLLOW_BLOCKS = {
    "aggregates.dominant_genre", "aggregates.entity_counts", "challenges.comment_pin", "challenges.cosign",
    "challenges.first_playlist", "challenges.first_weekly_comment", "challenges.listen_streak",
    "challenges.mobile_install", "challenges.play_count_milestones", "challenges.profile_completion",
    "challenges.profile_steps", "challenges.profile_verified", "challenges.referral", "challenges.referred",
    "challenges.remix_contest_winner", "challenges.track_upload", "hourly_play_counts", "tips.supporter_counts",
    "user_listening_history",
}  # fmt: skip


def rows() -> list[tuple[str, str, str, str, str]]:
    return [row.groups() for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))]  # type: ignore[misc]  # five groups


def test_a_job_follows_blocks_or_is_listed() -> None:
    listed = [name for name, *_ in rows()]
    assert len(listed) == len(set(listed))
    assert set(listed) | FOLLOW_BLOCKS == {job.name for job in JOBS}
    assert not set(listed) & FOLLOW_BLOCKS


def test_each_exception_has_a_kind_and_what_is_kept() -> None:
    for name, kind, what, why, kept in rows():
        assert kind in KINDS, name
        assert all(cell.strip() for cell in (what, why, kept)), name


def test_what_is_repeated_is_repeated_by_what_is_kept() -> None:
    assert all("backbeat." in kept or kept.strip() == "the same" for _, kind, _, _, kept in rows() if kind == "instant")
