"""Keys and tempos that the chain does not tell of tracks, from content nodes (domain: derived state, 4.12).

The first node that answers about a track decides. What it says fills what is missing and is not the artist's own to
say: one of the 25 keys, a tempo above 0 and below 999, whole or not, for JSON knows one kind of number. How often the
node failed to analyse it is kept, and from the third time on the track is asked about no more. Where no node answers,
or nothing that was missing is in the answer, the track waits: 1, 2, 4, 8, 16 hours, then 24.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from backbeat.codes import MUSICAL_KEYS
from backbeat.db.sql import load
from backbeat.derived.repairs.nodes import Nodes, segment
from backbeat.derived.repairs.queue import Waiting, queue
from backbeat.derived.repairs.repair import Kind, Repair

BPM_BELOW: Final = 999
COUNT_MAX: Final = 2**31 - 1  # as the column holds


class Analysis(NamedTuple):
    """What a node tells of a track's audio, as far as it can be stored; None: nothing that can."""

    musical_key: str | None = None
    bpm: float | None = None
    error_count: int | None = None


class Names(NamedTuple):
    """Under which names an answer holds the results, and how often the analysis failed."""

    results: str
    error_count: str


OF_UPLOADS: Final = Names("audio_analysis_results", "audio_analysis_error_count")
OF_CIDS: Final = Names("results", "error_count")


def path(track: Waiting) -> str | None:
    """Return where nodes tell of a track: under its upload, of older ones under the CID."""
    name = segment(track.upload_id or track.cid)
    if name is None:
        return None
    return f"/uploads/{name}" if track.upload_id else f"/tracks/legacy/{name}/analysis"


def read(answer: Mapping[str, Any], names: Names) -> Analysis:
    """Return what of an answer can be stored; of a value under both spellings the first that is usable."""
    results = answer.get(names.results)
    found = results if isinstance(results, dict) else {}
    return Analysis(
        musical_key=next(_musical_keys(found), None),
        bpm=next(_bpms(found), None),
        error_count=_count(answer.get(names.error_count)),
    )


def _musical_keys(found: Mapping[str, Any]) -> Iterator[str]:
    for value in (found.get("key"), found.get("Key")):
        if isinstance(value, str) and value in MUSICAL_KEYS:
            yield value


def _bpms(found: Mapping[str, Any]) -> Iterator[float]:
    for value in (found.get("bpm"), found.get("BPM")):
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < BPM_BELOW:
            yield float(value)


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= COUNT_MAX
    return value if is_count else None


async def ask(nodes: Nodes, where: str, track: Waiting) -> Analysis | None:
    """Return what the first node says that answers."""
    async for answer in nodes.answers(where):
        return read(answer, OF_UPLOADS if track.upload_id else OF_CIDS)
    return None


def columns(answers: Sequence[Analysis]) -> Mapping[str, Sequence[Any]]:
    """Return answers as columns."""
    return {
        "musical_keys": [answer.musical_key for answer in answers],
        "bpms": [answer.bpm for answer in answers],
        "error_counts": [answer.error_count for answer in answers],
    }


ANALYSIS = Kind(
    name="audio_analysis",
    nodes_min=1,
    path=path,
    ask=ask,
    nothing=Analysis(),
    columns=columns,
    write=load(__package__, "audio_analysis_write.sql"),
)
AUDIO_ANALYSIS = Repair(
    ANALYSIS, queue("repairs.audio_analysis", ANALYSIS.name, load(__package__, "audio_analysis_lacking.sql"))
)
