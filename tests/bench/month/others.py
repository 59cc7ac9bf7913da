"""Writers beside the indexer, as a network has them: tips, purchases, rewards paid out. The same for the same hour."""

from collections.abc import Sequence
from random import Random
from typing import Any

from psycopg import AsyncConnection

SLOTS_PER_HOUR = 9_000  # of the other chain: one in 400 ms
TIPS = 3  # an hour, each of these
PURCHASES = 2

# those of the first blocks alone, so that it is the same whatever was indexed meanwhile
FOUNDERS = "SELECT user_id FROM public.users WHERE created_at = (SELECT min(created_at) FROM public.users) ORDER BY 1"
SEND = """
INSERT INTO public.user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at, updated_at)
SELECT %(slot)s + place, 'tip-' || (%(slot)s + place), sender, receiver, 100000000 * place, %(at)s, %(at)s
FROM
    unnest(%(senders)s::int [], %(receivers)s::int []) WITH ORDINALITY AS tip (sender, receiver, place)
WHERE sender <> receiver
"""
BANK = """
INSERT INTO public.user_bank_txs (signature, slot, created_at)
SELECT signature, slot, created_at FROM public.user_tips WHERE slot >= %(slot)s ORDER BY slot
ON CONFLICT DO NOTHING
"""
BUY = """
INSERT INTO public.usdc_purchases (
    slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id, created_at, updated_at
)
SELECT
    %(slot)s + buyer.place,
    'purchase-' || (%(slot)s + buyer.place),
    buyer.user_id,
    track.owner_id,
    1000000 * buyer.place,
    'track',
    track.track_id,
    %(at)s,
    %(at)s
FROM unnest(%(buyers)s::int []) WITH ORDINALITY AS buyer (user_id, place)
CROSS JOIN LATERAL (
    SELECT track_id, owner_id FROM public.tracks
    WHERE owner_id <> buyer.user_id AND blocknumber <= 2
    ORDER BY (track_id::bigint * buyer.user_id) %% 7919, track_id LIMIT 1
) AS track
"""
PAY = """
INSERT INTO public.challenge_disbursements (challenge_id, user_id, specifier, signature, slot, amount, created_at)
SELECT earned.challenge_id, earned.user_id, earned.specifier, 'paid-' || earned.specifier, %(slot)s, '1', %(at)s
FROM public.user_challenges AS earned
WHERE earned.is_complete AND hashtext(earned.challenge_id || earned.specifier) %% 3 = 0
    AND earned.completed_at < %(at)s - interval '8 days' - (earned.user_id %% 5) * interval '1 day'
ON CONFLICT DO NOTHING
"""


async def write(connection: AsyncConnection[Any], hour: int, at: Any) -> None:
    """Write what the others do in the hour with this number; ``at``: naive, UTC."""
    known = [user_id for (user_id,) in await (await connection.execute(FOUNDERS)).fetchall()]
    if not known:
        return
    async with connection.transaction():
        for statement in (SEND, BANK, BUY, PAY):
            await connection.execute(statement.encode(), values(known, hour, at))


def values(known: Sequence[int], hour: int, at: Any) -> dict[str, Any]:
    """Return what their statements bind in an hour: who tips whom, and who buys."""
    random = Random(hour)
    return {
        "slot": hour * SLOTS_PER_HOUR,
        "at": at,
        "senders": [random.choice(known) for _ in range(TIPS)],
        "receivers": [random.choice(known[:20]) for _ in range(TIPS)],
        "buyers": [random.choice(known) for _ in range(PURCHASES)],
    }
