"""What users hear of each other's follows, saves and reposts."""

from backbeat.derived.notifications.family import family

FAVORS = ("save", "repost")

FAMILIES = (
    family("follow", "follow"),
    family("follower_milestones", "follow"),
    family("favorite", *FAVORS),
    family("favorite_milestones", *FAVORS),
    family("of_repost", *FAVORS),
    family("cosign", *FAVORS),
)
