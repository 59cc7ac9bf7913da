"""Every row of rewards that a chain leads to, and what is kept beside them.

What ``tt``, ``tut`` and ``tp`` pay is told by when jobs looked (``with_weeks``). Rows that operators write, as of ``o``
and ``dvl``, are left as they were written.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from naive_rewards.arrivals import MobileInstall, Referral, Referred
from naive_rewards.comments import CommentPin, FirstWeeklyComment
from naive_rewards.contests import ContestWinner
from naive_rewards.cosigns import Cosign
from naive_rewards.judging import Challenge, Ledger, Paid
from naive_rewards.plays import ListenStreak, PlayCounts, Streak
from naive_rewards.profile import ProfileCompletion, ProfileVerified, Steps
from naive_rewards.purchases import reward_purchases, reward_tips
from naive_rewards.tastemakers import Tastemaker
from naive_rewards.uploads import FirstPlaylist, TrackUpload
from naive_rewards.weeks import Look, by_key, weeks
from naive_rewards.written import State, Written

IDS = (
    *("u", "fp", "p", "v", "c", "cp", "cs", "w", "m", "r", "rv", "rd", "e", "p1", "p2", "p3", "b", "s", "ft", "t"),
    *("tt", "tut", "tp", "o", "dvl"),
)


class Rewards(NamedTuple):
    """What follows from a chain."""

    rows: Sequence[Paid]
    """Of ``user_challenges``, by challenge and specifier."""
    steps: Mapping[int, Steps]
    """Of ``challenge_profile_completion``, by user."""
    streaks: Mapping[int, Streak]
    """Of ``challenge_listen_streak``, by user."""
    monthly: Mapping[tuple[int, date], int]
    """Plays by track and month, all countries together."""
    plays: Mapping[int, int]
    """Plays by track."""
    followers: Mapping[int, tuple[int, int]]
    """How many follow a user, and how many it follows."""
    results: Mapping[tuple[int, str, str, date], tuple[int, str]] = MappingProxyType({})
    """Of ``trending_results``, by rank, type, version and week: whose, and what."""


def rewards(written: Written) -> Rewards:
    """Judge a whole chain, block by block."""
    profile, streak, counts, ledger = ProfileCompletion(), ListenStreak(), PlayCounts(), Ledger()
    challenges: list[Challenge] = [
        TrackUpload(), FirstPlaylist(), profile, ProfileVerified(), FirstWeeklyComment(), CommentPin(), Cosign(),
        ContestWinner(), MobileInstall(), Referral("r"), Referral("rv"), Referred(), streak, counts, Tastemaker(),
    ]  # fmt: skip
    before = State()
    for block in written.blocks:
        for challenge in challenges:
            challenge.end_of_block(before, block, ledger)
        before = block.state
    reward_purchases(written, ledger)
    reward_tips(written, ledger)
    for row in written.granted:
        paid = Paid(*(row[column] for column in Paid._fields))
        ledger.rows[paid.challenge_id, paid.specifier] = paid
    plays = Counter(play["play_item_id"] for block in written.blocks for play in block.plays)
    return Rewards(_ordered(ledger), profile.mirror, streak.streaks, counts.monthly, plays, _followers(before))


def with_weeks(expected: Rewards, written: Written, looks: Sequence[Look]) -> Rewards:
    """Add who won the weeks, and what that pays, where jobs looked at these instants."""
    ledger = Ledger()
    won = weeks(written, looks, ledger)
    return expected._replace(rows=[*expected.rows, *_ordered(ledger)], results=by_key(won))


def _ordered(ledger: Ledger) -> list[Paid]:
    return sorted(ledger.rows.values(), key=lambda row: (row.challenge_id, row.specifier))


def _followers(state: State) -> dict[int, tuple[int, int]]:
    pairs = [(row["follower_user_id"], row["followee_user_id"]) for row in state.standing("follows")]
    followed, following = Counter(one for _, one in pairs), Counter(one for one, _ in pairs)
    return {user: (followed[user], following[user]) for user in {*state.users, *followed, *following}}
