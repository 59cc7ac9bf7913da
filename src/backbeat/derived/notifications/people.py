"""What users hear of comments, grants, tips and collaborators."""

from backbeat.derived.notifications.family import Family

FAMILIES: tuple[Family, ...] = ()
