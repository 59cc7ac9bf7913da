"""What users hear of tracks, playlists and contests."""

from backbeat.derived.notifications.family import family

FAMILIES = (
    family("create", "publish"),
    family("remix", "publish"),
    family("contest_milestones", "publish"),
    family("contest_submissions", "publish"),
    family("contest_started", "contest"),
    family("contest_winners", "name_winners"),
    family("added_to_playlist", "add_tracks"),
    family("added_to_album", "extend_album"),
)
