"""Every challenge, in the order in which their jobs are listed. A challenge is declared in the file of its rule."""

from collections.abc import Mapping
from typing import LiteralString

from backbeat.derived.challenges import (
    audio_matching,
    comment_pin,
    cosign,
    first_playlist,
    first_tip,
    first_weekly_comment,
    listen_streak,
    mobile_install,
    play_count_milestones,
    profile_completion,
    profile_verified,
    referral,
    referred,
    remix_contest,
    tastemaker,
    track_upload,
    weekly_trending,
)
from backbeat.derived.challenges.challenge import Challenge

REWARDS: tuple[Challenge, ...] = (
    track_upload.CHALLENGE,
    first_playlist.CHALLENGE,
    profile_completion.CHALLENGE,
    listen_streak.CHALLENGE,
    cosign.CHALLENGE,
    audio_matching.BUYER,
    audio_matching.SELLER,
    mobile_install.CHALLENGE,
    referral.CHALLENGE,
    referred.CHALLENGE,
    first_tip.CHALLENGE,
    profile_verified.CHALLENGE,
    first_weekly_comment.CHALLENGE,
    comment_pin.CHALLENGE,
    tastemaker.CHALLENGE,
    remix_contest.CHALLENGE,
    play_count_milestones.CHALLENGE,
)
"""Earned by what people do."""

CHALLENGES: tuple[Challenge, ...] = (*REWARDS, *weekly_trending.CHALLENGES)
"""These, and what the winners of a week are paid, which follows trending."""

FACTS_OF: Mapping[str, tuple[LiteralString, ...]] = {
    challenge_id: challenge.facts for challenge in CHALLENGES for challenge_id in challenge.ids
}
