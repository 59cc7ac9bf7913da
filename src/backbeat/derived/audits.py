"""Every audit by ranges, and the derived tables of which there is none, each with its reason."""

from collections.abc import Iterable, Mapping

from backbeat.derived.aggregates import audited as aggregates
from backbeat.derived.challenges import audited as challenges
from backbeat.derived.notifications import audited as notifications
from backbeat.derived.plays import audited as plays
from backbeat.derived.scores import audited as scores
from backbeat.derived.tips import audited as tips
from backbeat.derived.trending import audited as trending
from backbeat.errors import JobError
from backbeat.incremental.ranges import Ranged
from backbeat.nearest import meant

AUDITS: tuple[Ranged, ...] = (
    *plays.AUDITS,
    *aggregates.AUDITS,
    *scores.AUDITS,
    *tips.AUDITS,
    *trending.AUDITS,
    *challenges.AUDITS,
    *notifications.AUDITS,
)

NO_AUDIT: Mapping[str, str] = {
    "trending_results": "A week's winners were taken from the scores of an instant, which are written over.",
    "backbeat.weekly_snapshots": "It is when a week's winners were taken, which nothing else knows.",
    "backbeat.tastemaker_lists": "It is what trended when a run looked; scores are written over.",
    "backbeat.trending_waiting_tracks": "It is a queue: what waits in it is left out of the audit of scores.",
    "backbeat.pruned_hours": "It is what is left of plays that are gone.",
    "backbeat.pruned_listens": "It is what is left of plays that are gone.",
    "backbeat.pruned_plays": "It is what is left of plays that are gone.",
    "backbeat.told_plays": "It is what an earlier chain told.",
    "backbeat.cooldowns": "It is a queue: a row goes once it is decided what its user hears.",
    "backbeat.standing_changes": "It tells jobs of changes whose rows have been changed again since.",
    "backbeat.contest_notices": "It is how far telling is, which nothing else knows.",
    "backbeat.challenge_starts": "It is what was decided when a challenge first ran here.",
    "backbeat.delistings": "It is what the trusted notifier decided.",
    "backbeat.delist_progress": "It is how far asking the trusted notifier is.",
    "backbeat.delist_asides": "It is what the trusted notifier said and nobody could use.",
    "backbeat.track_repairs": "It is a queue; `backbeat jobs audit` compares which tracks are in it.",
    "backbeat.score_pass": "It is how far a full pass is.",
    "user_delist_statuses": "It is what the trusted notifier said.",
    "track_delist_statuses": "It is what the trusted notifier said.",
    "delist_status_cursor": "It is how far asking the trusted notifier is.",
}
"""Tables that jobs write and no audit compares."""


def chosen(names: Iterable[str]) -> tuple[Ranged, ...]:
    """Return the audits of that name or of the table of that name, all for none. Raises JobError for an unknown one."""
    asked = tuple(names)
    names_of_all, tables = [each.name for each in AUDITS], [each.table for each in AUDITS]
    for name in asked:
        if not any(name in {each.name, each.table} for each in AUDITS):
            why = NO_AUDIT.get(name, "There is no audit and no audited table of that name.")
            raise JobError(
                "audit_unknown",
                f"{name!r} cannot be audited. {why}",
                cure=f"{meant(name, [*names_of_all, *tables])}The audits are {', '.join(names_of_all)}.",
            )
    return tuple(each for each in AUDITS if not asked or each.name in asked or each.table in asked)
