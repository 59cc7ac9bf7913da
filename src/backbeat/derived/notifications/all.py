"""Every family, in the order in which they are made."""

from backbeat.derived.notifications import content, people, social

FAMILIES = (*social.FAMILIES, *content.FAMILIES, *people.FAMILIES)
