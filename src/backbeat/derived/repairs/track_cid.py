"""CIDs of tracks that the chain names an upload of and no CID, from content nodes (domain: derived state, 4.13).

Nodes are asked in turn until two agree on a CID. Otherwise the track waits: 1, 2, 4, 8, 16 hours, then 24.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from backbeat.db.sql import load
from backbeat.derived.repairs.nodes import Nodes, segment
from backbeat.derived.repairs.queue import Waiting, queue
from backbeat.derived.repairs.repair import Kind, Repair

VOTES_MIN: Final = 2
CID: Final = re.compile(r"[!-~]{1,2500}")  # one word, and not longer than what the chain may say: the column is indexed


def path(track: Waiting) -> str | None:
    """Return where nodes tell of a track's upload."""
    name = segment(track.upload_id)
    return None if name is None else f"/uploads/{name}"


def read(answer: Mapping[str, Any]) -> str | None:
    """Return the CID that a node votes for: of the copy at 320 kbit/s, once it is done with the upload."""
    results = answer.get("results")
    if answer.get("status") != "done" or not isinstance(results, dict):
        return None
    cid = results.get("320")
    if not isinstance(cid, str):
        return None
    return cid.strip() if CID.fullmatch(cid.strip()) else None


async def ask(nodes: Nodes, where: str, _track: Waiting) -> str | None:
    """Return the CID that two nodes agree on."""
    votes: Counter[str] = Counter()
    async for answer in nodes.answers(where):
        if (cid := read(answer)) is not None:
            votes[cid] += 1
            if votes[cid] == VOTES_MIN:
                return cid
    return None


def columns(answers: Sequence[str | None]) -> Mapping[str, Sequence[Any]]:
    """Return answers as columns."""
    return {"cids": answers}


NOTHING: Final[str | None] = None
CIDS = Kind(
    name="track_cid",
    nodes_min=VOTES_MIN,
    path=path,
    ask=ask,
    nothing=NOTHING,
    columns=columns,
    write=load(__package__, "track_cid_write.sql"),
)
TRACK_CID = Repair(CIDS, queue("repairs.track_cid", CIDS.name, load(__package__, "track_cid_lacking.sql")))
