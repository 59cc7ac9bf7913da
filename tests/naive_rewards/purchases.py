"""Challenges ``b`` and ``s``, audio matching, and ``ft``, first tip: what happens on another chain than blocks do.

Such an event is judged by the last block at or before its time. An edit of the catalogue holds for events later than
the block at which it was made.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from naive_rewards.judging import Ledger, Moment
from naive_rewards.written import Block, Columns, State, Terms, Written

MICRO_USDC = 1_000_000
MICRO_USDC_A_CENT = 10_000
EMPTY = State()


def reward_purchases(written: Written, ledger: Ledger) -> None:
    """``b``: a buyer gets the amount for each whole dollar of the list price; ``s``: a verified seller likewise.

    Purchases that are valid, of content that has an owner; once for buyer and id, whatever kind of content. Under a
    dollar there is no row.
    """
    for challenge_id in ("b", "s"):
        for purchase in written.purchases:
            dollars = list_price(purchase, written.prices) // MICRO_USDC
            judged = _judged(written.blocks, challenge_id, purchase["created_at"])
            if purchase["is_valid"] is not True or not dollars or judged is None:
                continue
            state, at, terms = judged
            buyer, seller = purchase["buyer_user_id"], seller_of(purchase, state)
            if seller is None or purchase["slot"] < terms.starting_block:
                continue
            user = buyer if challenge_id == "b" else seller
            if not state.is_deactivated(user) and (challenge_id == "b" or state.is_verified(user)):
                specifier = f"{buyer:x}:{purchase['content_id']:x}"
                ledger.put(challenge_id, specifier, user, at, terms.amount * dollars)


def seller_of(purchase: Columns, state: State) -> int | None:
    """Return the owner of what was bought: of a track, or of a playlist or album."""
    if purchase["content_type"] == "track":
        track = state.tracks.get(purchase["content_id"])
        return None if track is None else int(track["owner_id"])
    playlist = state.playlists.get(purchase["content_id"])
    return None if playlist is None else int(playlist["playlist_owner_id"])


def list_price(purchase: Columns, prices: Sequence[Columns]) -> int:
    """Return what was paid less what was paid in excess: the newest price then, where one is known and it is less."""
    known = [
        price["total_price_cents"] * MICRO_USDC_A_CENT
        for price in prices
        if purchase["content_type"] == "track"
        and price["track_id"] == purchase["content_id"]
        and price["block_timestamp"] <= purchase["created_at"]
    ]
    return min(int(purchase["amount"]), known[-1]) if known else int(purchase["amount"])


def reward_tips(written: Written, ledger: Ledger) -> None:
    """``ft``: who tips another user, whatever amount, earns once."""
    for tip in written.tips:
        judged, sender = _judged(written.blocks, "ft", tip["created_at"]), tip["sender_user_id"]
        if judged is None or tip["slot"] < judged.terms.starting_block:
            continue
        if not judged.state.is_deactivated(sender):
            ledger.put("ft", f"{sender:x}", sender, judged.at, judged.terms.amount)


class _Judged(NamedTuple):
    state: State
    at: Moment
    terms: Terms


def _judged(blocks: Sequence[Block], challenge_id: str, time: datetime) -> _Judged | None:
    """Return by what an event of then is judged: while the challenge was off, as if it came when it was next on.

    An edit of the catalogue is made at the time of the block that was the last one then.
    """
    for number, block in enumerate(blocks):
        terms = block.terms(challenge_id)
        if block.time >= time and terms is not None:
            switched = blocks[number - 1].time if number else time
            at = max(time, switched)
            last = next((one for one in reversed(blocks) if one.time <= at), None)
            return _Judged(EMPTY if last is None else last.state, Moment(last.number if last else 0, at), terms)
    return None
