"""Another writer beside the indexer: tips sent, corrected and taken back, now and then undone."""

import asyncio
from itertools import count
from random import Random
from typing import Any

from psycopg import AsyncConnection

PAUSE_SECONDS = 0.2
SENT = 8  # tips at a time
TIPS_MAX = 20_000  # kept; older ones are taken back
USERS = 5_000
UNDONE_EVERY = 10

SEND = """
INSERT INTO public.user_tips (slot, signature, sender_user_id, receiver_user_id, amount)
SELECT %(first)s + place, 'soak-' || (%(first)s + place), sender, 1, 100
FROM unnest(%(senders)s::int[]) WITH ORDINALITY AS tip (sender, place)
"""
CORRECT = "UPDATE public.user_tips SET amount = amount + 1 WHERE slot > %(first)s - 40 AND slot %% 5 = 0"
TAKE_BACK = "DELETE FROM public.user_tips WHERE slot <= %(first)s - %(kept)s"


async def churn(connection: AsyncConnection[Any], random: Random) -> None:
    """Write until cancelled."""
    for turn in count():
        values = {
            "first": turn * SENT,
            "senders": [random.randrange(1, USERS) for _ in range(SENT)],
            "kept": TIPS_MAX,
        }
        async with connection.transaction(force_rollback=turn % UNDONE_EVERY == 0):
            for statement in (SEND, CORRECT, TAKE_BACK):
                await connection.execute(statement.encode(), values)
        await asyncio.sleep(PAUSE_SECONDS)
