"""``ft``: sent a tip (domain: challenges, 3.16). Rows read per tip: the sender's tips, user and row."""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge
from backbeat.derived.challenges.feeds import ROWS_MAX
from backbeat.derived.challenges.judged import judged_once
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Dirty

FIRST_TIP = judged_once(
    "challenges.first_tip",
    "ft",
    dirty=(Dirty(ChangeFeed("challenges:ft:tips", "tips", ROWS_MAX), load(__package__, "changed.sql")),),
    query=load(__package__, "first_tip.sql"),
)

CHALLENGE = challenge.judged_once(
    "ft",
    keeper=FIRST_TIP,
    facts=(load(__package__, "first_tip_facts.sql"),),
)
