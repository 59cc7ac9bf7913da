"""What the doctor says of the content nodes that the settings name."""

import asyncio
from collections.abc import Iterable
from typing import Final

from backbeat.clock import Clock
from backbeat.derived.repairs.nodes import addresses
from backbeat.derived.repairs.track_cid import VOTES_MIN
from backbeat.errors import BackbeatError, OutgoingError
from backbeat.observe.figures import plural
from backbeat.observe.tree import Check
from backbeat.outgoing.client import Client, Limits
from backbeat.settings import Settings

NAME: Final = "content nodes"
HEALTH: Final = "/health_check"  # every content node has it; whatever it says, the node is there
ASKED_MAX: Final = 20  # an operator waits for the answer
AT_ONCE: Final = Limits(seconds=5.0, bytes_max=65_536, connections_max=ASKED_MAX)


async def of_content_nodes(settings: Settings, clock: Clock) -> Iterable[Check]:
    """Ask the content nodes whether they are there; no check where none is named."""
    if not settings.jobs.content_nodes:
        return []
    try:
        named = addresses(settings.jobs.content_nodes)[:ASKED_MAX]
        async with Client(clock, AT_ONCE, proxy=settings.outgoing.proxy) as client:
            problems = [each for each in await asyncio.gather(*(_problem(client, node) for node in named)) if each]
    except BackbeatError as error:
        return [Check(NAME, ok=False, detail=error.message, cure=error.cure)]
    answering = len(named) - len(problems)
    why = f" {problems[0].message}" if problems else ""
    return [
        Check(
            NAME,
            ok=answering >= min(VOTES_MIN, len(named)),
            detail=f"{answering} of {plural(len(named), 'content node')} asked answer.{why}",
            cure=f"Correct jobs.content_nodes. {problems[0].cure}" if problems else "",
        )
    ]


async def _problem(client: Client, node: str) -> OutgoingError | None:
    try:
        await client.get(node + HEALTH)
    except OutgoingError as error:
        return error
    return None
