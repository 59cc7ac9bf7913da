"""What users hear of tracks, playlists and contests."""

from backbeat.derived.notifications.family import Family

FAMILIES: tuple[Family, ...] = ()
