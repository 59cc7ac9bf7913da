"""What users hear of each other's follows, saves and reposts."""

from backbeat.derived.notifications.family import family

FAMILIES = (
    family("follow", "follow"),
    family("follower_milestones", "follow"),
)
