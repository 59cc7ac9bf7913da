"""Jobs that ask content nodes for what the chain does not say of tracks."""

from collections.abc import Iterator
from typing import Any

from backbeat.derived.repairs.audio_analysis import AUDIO_ANALYSIS
from backbeat.derived.repairs.repair import Repair
from backbeat.derived.repairs.track_cid import TRACK_CID
from backbeat.jobs.catalog.kinds import asks
from backbeat.jobs.job import Job
from backbeat.settings import Settings

REPAIRS: tuple[tuple[Repair[Any], str], ...] = (
    (AUDIO_ANALYSIS, "jobs.content_nodes names no content node."),
    (TRACK_CID, "jobs.content_nodes names fewer than two content nodes, and two must agree."),
)


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield them. Both lack a setting while too few content nodes are named."""
    for repair, lacks in REPAIRS:
        asking = repair.asking(settings.jobs.content_nodes, settings.outgoing.proxy)
        yield asks(
            asking,
            group="repairs",
            every_seconds=180,  # the network has no cadence for CIDs that is known
            lacks="" if asking.can_ask else lacks,
            again=asking,
        )
