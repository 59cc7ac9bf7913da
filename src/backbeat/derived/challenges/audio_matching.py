"""``b`` and ``s``: whole dollars paid for music, matched in AUDIO (domain: challenges, 3.13).

Purchases come from another chain, out of order and valid late, so the change log tells of them, not their slot. One
that is ahead of our chain waits until blocks have come to its time: its content and its price are theirs to tell. They
are in ``sol_purchases``, in the older ``usdc_purchases``, or in both. A purchase counts with its list price: what a
buyer adds voluntarily is not matched. The first purchase of a content by a buyer that is worth a dollar earns; ``s``
only if the seller was verified at the time of the purchase. Rows read per changed purchase: the purchase, its content,
its price history, one user and the challenge row.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.judged import judged_once
from backbeat.incremental.derivation import Derivation


def _matching(name: str, challenge_id: str) -> Derivation:
    dirty = feeds.elsewhere(challenge_id, "purchases", "timed_purchases", load(__package__, "purchases_due.sql"))
    if challenge_id == "b":
        query = load(__package__, "audio_matching_buyer.sql")
    else:
        query = load(__package__, "audio_matching_seller.sql")
    return judged_once(name, challenge_id, dirty=dirty, query=query)


AUDIO_MATCHING_BUYER = _matching("challenges.audio_matching_buyer", "b")
AUDIO_MATCHING_SELLER = _matching("challenges.audio_matching_seller", "s")

BUYER = challenge.judged_once(
    "b", keeper=AUDIO_MATCHING_BUYER, facts=(load(__package__, "audio_matching_buyer_facts.sql"),)
)
SELLER = challenge.judged_once(
    "s",
    keeper=AUDIO_MATCHING_SELLER,
    facts=(challenge.IS_VERIFIED, load(__package__, "audio_matching_seller_facts.sql")),
)
