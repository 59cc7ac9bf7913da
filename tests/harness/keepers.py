"""Which tests put which job of the catalogue through deaths and second workers, at any exchange with the server.

The tests of a module ask for the jobs that are theirs (:func:`jobs_of`); ``unit/jobs/test_harnessed.py`` compares all
of them with the catalogue.
"""

from collections.abc import Mapping, Sequence

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.aggregates.entity_counts import ENTITY_COUNTS
from backbeat.derived.aggregates.reconcile import RECONCILE
from backbeat.derived.challenges.engagement_notifications import ENGAGEMENT_NOTIFICATIONS
from backbeat.derived.challenges.listen_streak_reminder import LISTEN_STREAK_REMINDER
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.contests.notices import CONTEST_NOTICES
from backbeat.derived.delists.delists import DELISTED_TRACKS, DELISTED_USERS
from backbeat.derived.notifications.notifications import EVENT_NOTIFICATIONS
from backbeat.derived.notifications.weekly_rotation import WEEKLY_ROTATION
from backbeat.derived.plays import prune
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.derived.releases.scheduled import SCHEDULED_RELEASES
from backbeat.derived.repairs.audio_analysis import AUDIO_ANALYSIS
from backbeat.derived.repairs.track_cid import TRACK_CID
from backbeat.derived.scores.users import USER_SCORES
from backbeat.derived.scores.verify import VERIFICATION
from backbeat.derived.tips.supporter_counts import SUPPORTER_COUNTS
from backbeat.derived.tips.supporters import SUPPORTERS
from backbeat.derived.trending.notifications import TRENDING_NOTIFICATIONS
from backbeat.derived.trending.playlists import TRENDING_PLAYLISTS
from backbeat.derived.trending.tracks import TRENDING_TRACKS
from backbeat.derived.verification import rolling as verification
from harness.challenge_jobs import challenges_of
from harness.challenge_world import ChallengeWorld

CHALLENGES = tuple(one.name for one in challenges_of(ChallengeWorld(None)))  # type: ignore[arg-type]  # only named

HARNESSED: Mapping[str, Sequence[str]] = {
    "integration.aggregates.test_entity_counts": (ENTITY_COUNTS.name,),
    "integration.derived.test_every_derivation": (
        HOURLY_PLAY_COUNTS.name,
        USER_LISTENING_HISTORY.name,
        PLAY_COUNT_MILESTONES.name,
    ),
    "integration.derived.test_challenge_deaths": CHALLENGES,
    "integration.derived.test_engagement": (ENGAGEMENT_NOTIFICATIONS.name,),
    "integration.derived.test_prune_disturbed": (prune.NAME,),
    "integration.derived.test_reminder_deaths": (LISTEN_STREAK_REMINDER.name,),
    "integration.contests.test_disturbed": (CONTEST_NOTICES.name,),
    "integration.repairs.test_disturbed": (AUDIO_ANALYSIS.name, TRACK_CID.name),
    "integration.notifications.test_disturbed": (EVENT_NOTIFICATIONS.name,),
    "integration.releases.test_disturbed": (SCHEDULED_RELEASES.name,),
    "integration.notifications.test_weekly_rotation": (WEEKLY_ROTATION.name,),
    "integration.derived.test_trending_notifications": (TRENDING_NOTIFICATIONS.name,),
    "integration.derived.test_trending_playlists": (TRENDING_PLAYLISTS.name,),
    "integration.trending.test_tracks_histories": (TRENDING_TRACKS.name,),
    "integration.derived.test_tips_disturbed": (SUPPORTERS.name, SUPPORTER_COUNTS.name),
    "integration.scores.test_disturbed": (USER_SCORES.name,),
    "integration.scores.test_first_runs": (DOMINANT_GENRE.name,),
    "integration.delists.test_disturbed": (DELISTED_USERS.name, DELISTED_TRACKS.name),
    "integration.audits.test_rolling": (verification.NAME,),
    "integration.scores.test_rounds_disturbed": (VERIFICATION.name, RECONCILE.name),
}

KEEP_NOTHING = frozenset({"change_log.prune", "change_log.expire", "rejected.prune", "notifications.expire"})
"""Chores: one statement that removes what nothing reads any more, and may be run again at any time."""


def jobs_of(module: str) -> Sequence[str]:
    """Return the jobs that the tests of a module disturb."""
    return HARNESSED[module.removeprefix("tests.")]  # as pytest names it, or another test that imports it
