"""``ft``: sent a tip (domain: challenges, 3.16). Rows read per tip: the sender's tips, user and row.

A tip that is ahead of our chain waits until blocks have come to its time.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.judged import judged_once

FIRST_TIP = judged_once(
    "challenges.first_tip",
    "ft",
    dirty=feeds.elsewhere("ft", "tips", "timed_tips", load(__package__, "tips_due.sql")),
    query=load(__package__, "first_tip.sql"),
)

CHALLENGE = challenge.judged_once(
    "ft",
    keeper=FIRST_TIP,
    facts=(load(__package__, "first_tip_facts.sql"),),
)
