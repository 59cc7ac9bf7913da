"""What users are told of challenges and listening streaks (domain: derived state, 4.6, 4.7, 5.6; challenges, 6)."""

from backbeat.notifications.kind import Kind

_COMPLETED = "conformance/challenges/test_notifications.py"

KINDS = (
    Kind(
        type="claimable_reward",
        cause="a challenge without a cooldown is completed, other than `tt`, `tp`, `tut`, `dvl`",
        recipients="the user who completed it",
        group_id="claimable_reward:{user}:challenge:{challenge}:specifier:{completion}",
        specifier="{completion}",
        data=("specifier", "challenge_id", "amount"),
        source="db/schema/functions/notify_rewards.sql",
        test=_COMPLETED,
    ),
    Kind(
        type="claimable_reward",
        cause="the cooldown of a completed challenge is over, and it is not paid; one for all completed within an hour",
        recipients="the user who completed it",
        group_id="claimable_reward:{user}:challenge:{challenge}:specifier:{completion}",
        specifier="{completion}",
        data=("specifier", "challenge_id", "amount"),
        source="derived/challenges/engagement_tell.sql",
        test="conformance/challenges/test_engagement.py",
    ),
    Kind(
        type="challenge_reward",
        cause="a challenge without a cooldown is completed",
        recipients="the user who completed it",
        group_id="challenge_reward:{user}:challenge:{challenge}:specifier:{completion}",
        specifier="{user}",
        data=("specifier", "challenge_id", "amount"),
        also=("listen_streak",),
        source="db/schema/functions/notify_rewards.sql",
        test=_COMPLETED,
    ),
    Kind(
        type="challenge_reward",
        cause="a reward is paid, and the user heard of none in the hour before",
        recipients="the user who is paid",
        group_id="challenge_reward:{user}:challenge:{challenge}:specifier:{completion}",
        specifier="{user}",
        data=("specifier", "challenge_id", "amount"),
        source="db/schema/functions/notify_disbursements.sql",
        test="conformance/challenges/test_payouts.py",
    ),
    Kind(
        type="reward_in_cooldown",
        cause="a challenge with a cooldown is completed, other than `b`, `s`; once an hour",
        recipients="the user who completed it",
        group_id="reward_in_cooldown:{user}:challenge:{challenge}:specifier:{completion}",
        specifier="{completion}",
        data=("specifier", "challenge_id", "amount"),
        source="db/schema/functions/notify_cooldowns.sql",
        test=_COMPLETED,
    ),
    Kind(
        type="listen_streak_reminder",
        cause="a listening streak will break within hours",
        recipients="the listener",
        group_id="listen_streak_reminder:{user}:{day}",
        specifier="{user}",
        data=("streak",),
        source="derived/challenges/listen_streak_reminder.sql",
        test="conformance/challenges/test_reminders.py",
    ),
)
