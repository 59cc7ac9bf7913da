"""Who hears what of a contest at its time, worked out from everything that there is whenever the job looks (4.8).

It knows tables as they are and who was told, and nothing of blocks, positions, marks or batches.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from harness.challenge_world import IDENTITIES, Row
from harness.contest_world import TABLES, Heard, Step

NONE = timedelta()
WINDOWS = {
    "fan_remix_contest_ended": (NONE, timedelta(hours=24)),
    "fan_remix_contest_ending_soon": (timedelta(hours=-72), NONE),
    "artist_remix_contest_ended": (NONE, timedelta(hours=24)),
    "artist_remix_contest_ending_soon": (timedelta(hours=-48), NONE),
}
Columns = dict[str, Any]


class ContestReference:
    """Tables as they are, and what was told."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], Heard] = {}
        self._tables: dict[str, dict[tuple[Any, ...], Columns]] = {name: {} for name in TABLES}

    def apply(self, step: Step) -> None:
        """Write down what a step does."""
        for row in step.rows:
            self._write(row, row.columns)
        for edit in step.edits:
            if edit.columns is None:
                self._tables[edit.row.table].pop(_key(edit.row), None)
            else:
                is_there = _key(edit.row) in self._tables[edit.row.table]
                self._write(edit.row, edit.columns if is_there else {**edit.row.columns, **edit.columns})

    def look(self, now: datetime) -> None:
        """Tell everybody who is to be told now and was not told."""
        for event in self._tables["events"].values():
            parent = self._parent(event)
            if parent is None:
                continue
            for kind, (opens, closes) in WINDOWS.items():
                if event["end_date"] + opens <= now <= event["end_date"] + closes:
                    for user_id in sorted(self._audience(kind, event)):
                        self._tell(kind, event, parent, user_id, now)

    def rows(self) -> list[Heard]:
        """Return what was told, in order."""
        return [self.told[identity] for identity in sorted(self.told)]

    def _write(self, row: Row, columns: Columns) -> None:
        kept = self._tables[row.table].setdefault(_key(row), {})
        kept.update(columns)

    def _parent(self, event: Columns) -> Columns | None:
        """Return the track of a contest that may be told of."""
        is_contest = (event["event_type"], event["entity_type"]) == ("remix_contest", "track")
        if not is_contest or event["is_deleted"] or event["end_date"] is None:
            return None
        parent = self._tables["tracks"].get((event["entity_id"],))
        return None if parent is None or parent["is_delete"] or parent["is_unlisted"] else parent

    def _audience(self, kind: str, event: Columns) -> set[int]:
        if kind.startswith("artist"):
            return {event["user_id"]}
        fans = {
            *(row["follower_user_id"] for row in self._active("follows", followee_user_id=event["user_id"])),
            *(row["user_id"] for row in self._active("saves", save_type="track", save_item_id=event["entity_id"])),
            *(
                row["subscriber_id"]
                for row in self._active("subscriptions", entity_type="Event", entity_id=event["event_id"])
            ),
        }
        if kind == "fan_remix_contest_ended":
            fans |= {row["owner_id"] for row in self._active("tracks") if event["entity_id"] in _parents(row)}
        return fans - {event["user_id"]}

    def _active(self, table: str, **columns: Any) -> Iterator[Columns]:
        for row in self._tables[table].values():
            if not row["is_delete"] and all(row[name] == wanted for name, wanted in columns.items()):
                yield row

    def _tell(self, kind: str, event: Columns, parent: Columns, user_id: int, now: datetime) -> None:
        data = {"entity_id": parent["track_id"]}
        if kind != "artist_remix_contest_ended":
            data["entity_user_id"] = parent["owner_id"]
        told = Heard(kind, f"{kind}:{event['event_id']}", str(user_id), [user_id], data, now, None)
        self.told.setdefault((told.group_id, told.specifier), told)


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row.columns[name] for name in IDENTITIES[row.table].columns)


def _parents(track: Columns) -> list[Any]:
    return [each["parent_track_id"] for each in (track.get("remix_of") or {}).get("tracks", ())]
