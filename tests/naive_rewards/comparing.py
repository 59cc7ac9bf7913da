"""What the program has, beside what follows from the chain, and the first thing in which they differ."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from psycopg import AsyncConnection

from naive_rewards.judging import Paid
from naive_rewards.rewards import IDS, Rewards
from naive_rewards.stories import Made, Step

PAID = """
    SELECT
        challenge_id, specifier, user_id, is_complete, current_step_count, amount, completed_blocknumber, completed_at
    FROM user_challenges
    ORDER BY challenge_id, specifier
"""
STEPS = """
    SELECT
        user_id, profile_description, profile_name, profile_picture, profile_cover_photo, follows, favorites, reposts
    FROM challenge_profile_completion
"""
STREAKS = "SELECT user_id, last_listen_date, listen_streak FROM challenge_listen_streak"
MONTHLY = "SELECT play_item_id, timestamp, sum(count)::integer FROM aggregate_monthly_plays GROUP BY 1, 2"
PLAYS = "SELECT play_item_id, count FROM aggregate_plays"
RESULTS = "SELECT rank, type, version, week, user_id, id FROM trending_results"
FOLLOWERS = "SELECT user_id, follower_count, following_count FROM aggregate_user"
KEY_COLUMNS = {"aggregate_monthly_plays": 2, "trending_results": 4}

Table = Mapping[tuple[Any, ...], tuple[Any, ...]]


async def differences(connection: AsyncConnection[Any], expected: Rewards, ids: Iterable[str] = IDS) -> list[str]:
    """Return in what the program's rows differ from those that follow, of some challenges and of what they keep."""
    wanted = set(ids)
    paid = [Paid(*row) for row in await _all(connection, PAID)]
    found: list[str] = []
    found += _differ("user_challenges", _by_key(expected.rows, wanted), _by_key(paid, wanted), Paid._fields[2:])
    kept: list[tuple[str, Table, str]] = [
        ("trending_results", expected.results, RESULTS),
        ("challenge_profile_completion", {(user,): tuple(steps) for user, steps in expected.steps.items()}, STEPS),
        ("challenge_listen_streak", {(user,): tuple(one[:2]) for user, one in expected.streaks.items()}, STREAKS),
        ("aggregate_monthly_plays", _monthly(expected.monthly), MONTHLY),
        ("aggregate_plays", {(track,): (count,) for track, count in expected.plays.items()}, PLAYS),
        ("aggregate_user", {(user,): counts for user, counts in expected.followers.items()}, FOLLOWERS),
    ]
    for name, rows, query in kept:
        width = KEY_COLUMNS.get(name, 1)
        has = {tuple(row[:width]): tuple(row[width:]) for row in await _all(connection, query)}
        found += _differ(name, rows, has, ())
    return found


def _by_key(rows: Iterable[Paid], ids: set[str]) -> Table:
    return {row[:2]: row[2:] for row in rows if row.challenge_id in ids}


def _monthly(counted: Mapping[tuple[int, date], int]) -> Table:
    return {key: (count,) for key, count in counted.items()}


def _differ(name: str, expected: Table, has: Table, columns: Sequence[str]) -> list[str]:
    said = []
    for key in sorted(expected.keys() | has.keys(), key=str):
        want, got = expected.get(key), has.get(key)
        if want != got:
            cells = zip(columns, want or (), got or (), strict=True) if want and got else ()
            which = "; ".join(f"{column}: {one}, not {other}" for column, one, other in cells if one != other)
            said.append(f"{name} {key}: {which or f'{want}, not {got}'}")
    return said


async def _all(connection: AsyncConnection[Any], query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.encode())).fetchall()


def told(steps: Sequence[Step], blocks: int | None = None) -> str:
    """Return a history in words, for a person who looks into a difference."""
    lines, height = [], 0
    for step in steps:
        if not isinstance(step, Made):
            lines.append(f"   by hand: {' '.join(step.statement.split())} {[str(value) for value in step.values]}")
            continue
        height += 1
        if blocks is not None and height > blocks:
            break
        lines.append(f"block {height} at {step.time}")
        for one in step.transactions:
            it = one.manage_entity
            heard = [f"{play.user_id or 'somebody'} hears {play.track_id}" for play in one.plays.plays]
            lines.append(
                f"    {it.user_id} {it.entity_type}/{it.action} {it.entity_id} {it.metadata}"
                if not heard
                else f"    {heard}"
            )
    return "\n".join(lines)
