"""``c``: the first comment of a week (domain: challenges, 3.9).

The weeks of changed comments are judged, no others: one new comment must not make years of past weeks pay. Rows read
per dirty week: what the user's comments of that week are and were, the user and the challenge row.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.judged import judged_once

FIRST_WEEKLY_COMMENT = judged_once(
    "challenges.first_weekly_comment",
    "c",
    dirty=(
        feeds.blocks("c:last_blocknumber", "comments", load(__package__, "first_weekly_comment_changed.sql")),
        feeds.edits("c", "week", keys=load(__package__, "edited_weeks.sql"), rebuilds=False),
    ),
    query=load(__package__, "first_weekly_comment.sql"),
)

CHALLENGE = challenge.judged_once(
    "c",
    keeper=FIRST_WEEKLY_COMMENT,
    facts=(load(__package__, "first_weekly_comment_facts.sql"),),
    every_seconds=120,
)
