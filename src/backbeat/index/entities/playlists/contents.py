"""What a playlist holds, in the one form that is stored (domain: chain and entities, 5.3.4).

``{"track_ids": [{"track": id, "time": seconds, "metadata_time": seconds}, ...]}``: ``metadata_time`` is the client's
word for when a track was added and stays with the entry; ``time`` is the chain's.
"""

from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from backbeat.index.payload.ids import decode_id
from backbeat.index.payload.metadata import INT4_MAX, Payload, integer
from backbeat.index.reject import Code, Reject

KEY = "playlist_contents"
ENTRIES_MAX = 5_000
SECONDS_MAX = 2**53  # beyond it clients' numbers are not exact; such a time counts as not sent
TRACK_KEYS = ("track", "track_id")
TIME_KEYS = ("metadata_timestamp", "metadata_time", "timestamp", "time")


class Entry(NamedTuple):
    """A track in a playlist; ``metadata_time`` is 0 if the client did not say."""

    track_id: int
    metadata_time: int


def sent_entries(payload: Payload) -> list[Entry] | None:
    """Return the entries of a payload that name a track, None if it says nothing of contents; raises Reject."""
    contents = payload.get(KEY)
    if contents is None:
        return None
    if isinstance(contents, dict):
        contents = contents.get("track_ids")
    if not isinstance(contents, list):
        raise Reject(Code.METADATA_INVALID, KEY)
    if len(contents) > ENTRIES_MAX:
        raise Reject(Code.TOO_MANY_TRACKS, KEY)
    return [entry for sent in contents if (entry := _entry(sent))]


def stored_contents(entries: list[Entry], before: Any, now: int) -> Payload:
    """Return what to store; an entry that was there ``before`` keeps its time, any other takes ``now``."""
    times = _times(before)
    return {
        "track_ids": [
            {"track": entry.track_id, "time": times.get((entry.track_id, said), now), "metadata_time": said}
            for entry in entries
            for said in (entry.metadata_time or now,)
        ]
    }


def track_ids(contents: Any) -> AbstractSet[int]:
    """Return the tracks in stored contents, each once, in order."""
    return {entry["track"]: None for entry in _old(contents)}.keys()


def _old(contents: Any) -> list[Payload]:
    """Return the entries of stored contents; an adopted database may hold anything."""
    entries = contents.get("track_ids") if isinstance(contents, dict) else None
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("track"), int)]


def _times(contents: Any) -> dict[tuple[int, int], int]:
    """Return when each entry was added by the chain's clock, by track and client's time; the first one counts."""
    times: dict[tuple[int, int], int] = {}
    for entry in _old(contents):
        time = entry.get("time")
        if isinstance(time, int):
            times.setdefault((entry["track"], integer(entry.get("metadata_time")) or time), time)
    return times


def _entry(sent: Any) -> Entry | None:
    if not isinstance(sent, dict):
        return None
    track_id = next((found for key in TRACK_KEYS if (found := _track_id(sent.get(key))) is not None), None)
    if track_id is None:
        return None
    return Entry(track_id, next((seconds for key in TIME_KEYS if (seconds := _seconds(sent.get(key)))), 0))


def _track_id(value: Any) -> int | None:
    found = decode_id(value) if isinstance(value, str) else integer(value)
    return found if found is not None and 0 < found <= INT4_MAX else None


def _seconds(value: Any) -> int:
    seconds = integer(value) or 0
    return seconds if abs(seconds) <= SECONDS_MAX else 0
