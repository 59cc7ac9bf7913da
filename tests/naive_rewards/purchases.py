"""Challenges ``b`` and ``s``, audio matching, and ``ft``, first tip: what happens on another chain than blocks do.

Such an event is judged by the last block at or before its time. An edit of the catalogue holds for events later than
the block at which it was made.
"""

from collections.abc import Sequence
from datetime import datetime

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
    for purchase in written.purchases:
        stood, at = _stood(written.blocks, purchase["created_at"])
        seller = seller_of(purchase, stood)
        dollars = list_price(purchase, written.prices) // MICRO_USDC
        if purchase["is_valid"] is not True or seller is None or not dollars:
            continue
        specifier = f"{purchase['buyer_user_id']:x}:{purchase['content_id']:x}"
        for challenge_id, user in (("b", purchase["buyer_user_id"]), ("s", seller)):
            terms = _terms(written.blocks, challenge_id, at.time)
            is_theirs = challenge_id == "b" or stood.is_verified(user)
            if terms is None or purchase["slot"] < terms.starting_block or not is_theirs or stood.is_deactivated(user):
                continue
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
    """``ft``: who tips somebody, whatever amount, earns once."""
    for tip in written.tips:
        stood, at = _stood(written.blocks, tip["created_at"])
        terms = _terms(written.blocks, "ft", at.time)
        sender = tip["sender_user_id"]
        if terms is not None and tip["slot"] >= terms.starting_block and not stood.is_deactivated(sender):
            ledger.put("ft", f"{sender:x}", sender, at, terms.amount)


def _stood(blocks: Sequence[Block], time: datetime) -> tuple[State, Moment]:
    """Return what stood at a moment, and the moment."""
    last = next((block for block in reversed(blocks) if block.time <= time), None)
    return (EMPTY, Moment(0, time)) if last is None else (last.state, Moment(last.number, time))


def _terms(blocks: Sequence[Block], challenge_id: str, time: datetime) -> Terms | None:
    """Return what a challenge pays for what happened then: by the catalogue of then, or of when it was next on."""
    later = (block.terms(challenge_id) for block in blocks if block.time >= time)
    return next((terms for terms in later if terms is not None), None)
