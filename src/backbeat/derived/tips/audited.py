"""How what follows from tips is audited by ranges."""

import msgspec
from psycopg.sql import Composed

from backbeat.derived.tips.supporter_counts import SUPPORTER_COUNTS
from backbeat.derived.tips.supporters import COUNTED, FOLLOWING, SUPPORTERS
from backbeat.incremental.merge import Merge
from backbeat.incremental.ranges import Look, Ranged, hold_nothing, keys_of

RECEIVERS = keys_of(("backbeat", "counted_tips"), "receiver_user_id")
TOTALS, COUNTS, RANK_UPS = FOLLOWING


def _ranged(name: str, merge: Merge, *sources: Composed, scope: str, look: Look = hold_nothing) -> Ranged:
    target = msgspec.structs.replace(merge.target, scope=scope)
    return Ranged(name=f"tips.{name}", target=target, query=merge.query, sources=sources, look=look)


TIPS = _ranged(
    "counted", COUNTED, keys_of("user_tips", "receiver_user_id"), scope="receiver_user_id", look=SUPPORTERS.hold
)
AUDITS = (
    TIPS,
    _ranged("totals", TOTALS, RECEIVERS, scope="receiver_user_id"),
    _ranged("supporters", COUNTS, keys_of("aggregate_user_tips", "receiver_user_id"), scope="user_id"),
    _ranged("rank_ups", RANK_UPS, RECEIVERS, scope="receiver_user_id"),
    SUPPORTER_COUNTS.ranged(keys_of("users", "user_id"), keys_of(("backbeat", "supporters"), "user_id")),
)
