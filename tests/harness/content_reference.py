"""What users hear of tracks, playlists and contests, worked out row by row as triggers would (domain: 7.3, 5.6).

Rows are written one after another, in the order in which their transactions stand in the chain, and after each the
rules look at everything that is there. It knows nothing of acts, batches or SQL.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from conformance.world import World

from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change, Gone, Row
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.playlists import PlaylistRow, PlaylistTrackRow
from backbeat.index.rows.social import FollowRow, SaveRow, SubscriptionRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.wire.transaction import EntityTransaction
from builders.told import Told

R = TypeVar("R", bound=Row)
Purchase = tuple[int, int, datetime]
"""Who bought which album, and when."""


class Listeners(World):
    """A world that also knows what its users have heard."""

    def __init__(self, purchases: list[Purchase]) -> None:
        super().__init__(commits_each=True)
        self.heard: dict[tuple[str, str], Told] = {}
        self._purchases = purchases
        self._written: defaultdict[type[Row], dict[tuple[Any, ...], Row]] = defaultdict(dict)

    def deliver(self, tx: EntityTransaction) -> Code | None:
        """Write what the transaction changes row by row, and let the rules look at each."""
        try:
            changes = self.run(tx)
        except Reject as reject:
            return reject.code
        for change in sorted(changes, key=lambda change: isinstance(change, PlaylistTrackRow)):  # 5.3.1: they come last
            self._write_down(change)
        self._state.apply(changes)
        self._commit()
        return None

    def _write_down(self, change: Change) -> None:
        if isinstance(change, Gone):
            self._written[type(change.row)].pop(change.row.key(), None)
            return
        rows = self._written[type(change)]
        old, rows[change.key()] = rows.get(change.key()), change
        if isinstance(change, TrackRow):
            self._after_track(old, change)  # type: ignore[arg-type]  # of that type
        elif isinstance(change, PlaylistRow):
            self._after_playlist(old, change)  # type: ignore[arg-type]  # as above
        elif isinstance(change, PlaylistTrackRow) and old is None:
            self._after_first_membership(change)
        elif isinstance(change, EventRow):
            self._after_event(old, change)  # type: ignore[arg-type]  # as above

    def _every(self, kind: type[R]) -> Iterator[R]:
        yield from self._written[kind].values()  # type: ignore[misc]  # of that type

    def _tell(self, kind: str, group: str, specifier: object, users: list[int], data: Any, number: int | None) -> None:
        told = Told(kind, group, str(specifier), users, data, number, None, self.time)
        self.heard.setdefault((told.group_id, told.specifier), told)

    def _subscribers(self, entity_type: str, target: int) -> set[int]:
        return {
            row.subscriber_id
            for row in self._every(SubscriptionRow)
            if row.entity_type == entity_type and row.user_id == target and not row.is_delete
        }

    def _after_track(self, old: TrackRow | None, new: TrackRow) -> None:
        if is_public(new) and not (old and is_public(old)):
            fans = sorted(self._subscribers("User", new.owner_id))
            if fans and not new.is_playlist_upload:
                group = f"create:track:user_id:{new.owner_id}"
                self._tell("create", group, new.track_id, fans, {"track_id": new.track_id}, self.number)
            parent = parents(new)[:1]
            if parent and parent[0] is not None:
                self._after_remix(new, parent[0])
        if old and old.is_unlisted and not new.is_unlisted:
            for contest in self._open_contests(new.track_id):
                self._contest_started(contest, new)

    def _after_remix(self, track: TrackRow, parent_id: int) -> None:
        for parent in self._every(TrackRow):
            if parent.track_id == parent_id:
                group = f"remix:track:{track.track_id}:parent_track:{parent_id}"
                data = {"track_id": track.track_id, "parent_track_id": parent_id}
                self._tell("remix", group, track.owner_id, [parent.owner_id], data, self.number)
        for contest in self._open_contests(parent_id):
            self._after_submission(track, parent_id, contest)

    def _after_submission(self, track: TrackRow, parent_id: int, contest: EventRow) -> None:
        event_id = contest.event_id
        submissions = sum(
            parents(other)[:1] == [parent_id] and not other.is_delete and other.created_at >= contest.created_at
            for other in self._every(TrackRow)
        )
        if submissions in {1, 10, 50}:
            kind = "artist_remix_contest_submissions"
            data = {"event_id": event_id, "milestone": submissions, "entity_id": parent_id}
            group, specifier = f"{kind}:{event_id}:{submissions}", f"{submissions}:{event_id}"
            self._tell(kind, group, specifier, [contest.user_id], data, self.number)
        for fan in (self._subscribers("Event", event_id) | {contest.user_id}) - {track.owner_id}:
            kind = "fan_remix_contest_submission"
            data = {
                "event_id": event_id,
                "entity_id": parent_id,
                "entity_user_id": contest.user_id,
                "submission_track_id": track.track_id,
                "submitter_user_id": track.owner_id,
            }
            self._tell(kind, f"{kind}:{event_id}:submission:{track.track_id}", fan, [fan], data, self.number)

    def _open_contests(self, track_id: int) -> list[EventRow]:
        return [
            event
            for event in self._every(EventRow)
            if event.event_type == "remix_contest"
            and (event.entity_type, event.entity_id) == ("track", track_id)
            and not event.is_deleted
            and (event.end_date is None or event.end_date > self.time)
        ]

    def _contest_started(self, contest: EventRow, track: TrackRow) -> None:
        followers = {
            row.follower_user_id
            for row in self._every(FollowRow)
            if row.followee_user_id == contest.user_id and not row.is_delete
        }
        savers = {
            row.user_id
            for row in self._every(SaveRow)
            if (row.save_type, row.save_item_id) == ("track", track.track_id) and not row.is_delete
        }
        kind = "fan_remix_contest_started"
        data = {"entity_user_id": track.owner_id, "entity_id": track.track_id}
        for fan in followers | savers | self._subscribers("Event", contest.event_id):
            self._tell(kind, f"{kind}:{track.track_id}:user:{contest.user_id}", fan, [fan], data, self.number)

    def _after_event(self, old: EventRow | None, new: EventRow) -> None:
        if new.event_type != "remix_contest" or new.entity_type != "track" or new.is_deleted:
            return
        for track in self._every(TrackRow):
            if track.track_id != new.entity_id or track.is_unlisted:
                continue
            if old is None:
                self._contest_started(new, track)
            elif not track.is_delete and not winners(old) and winners(new):
                self._winners_named(new)

    def _winners_named(self, contest: EventRow) -> None:
        kind = "fan_remix_contest_winners_selected"
        remixers = {
            remix.owner_id
            for remix in self._every(TrackRow)
            if contest.entity_id in parents(remix) and not remix.is_delete and remix.created_at > contest.created_at
        }
        data = {"entity_id": contest.entity_id, "entity_user_id": contest.user_id}
        for fan in remixers - {contest.user_id}:
            self._tell(kind, f"{kind}:{contest.event_id}:user:{fan}", contest.user_id, [fan], data, None)

    def _after_playlist(self, old: PlaylistRow | None, new: PlaylistRow) -> None:
        if new.is_private or new.is_delete:
            return
        fans = sorted(self._subscribers("User", new.playlist_owner_id))
        if fans and (old is None or old.is_private):
            data = {"playlist_id": new.playlist_id, "is_album": new.is_album}
            group = f"create:playlist_id:{new.playlist_id}"
            self._tell("create", group, new.playlist_owner_id, fans, data, self.number)
        changed_at = int(new.updated_at.replace(tzinfo=UTC).timestamp())
        for entry in new.playlist_contents["track_ids"]:
            if entry["time"] >= changed_at:
                self._added(new, entry["track"])

    def _added(self, playlist: PlaylistRow, track_id: int) -> None:
        kind = "track_added_to_playlist"
        for track in self._every(TrackRow):
            if track.track_id == track_id and track.owner_id != playlist.playlist_owner_id:
                group = f"{kind}:playlist_id:{playlist.playlist_id}:track_id:{track_id}"
                data = _added_data(playlist, track_id)
                self._tell(kind, group, track.owner_id, [track.owner_id], data, self.number)

    def _after_first_membership(self, member: PlaylistTrackRow) -> None:
        kind = "track_added_to_purchased_album"
        group = f"{kind}:playlist_id:{member.playlist_id}:track_id:{member.track_id}"
        for playlist in self._every(PlaylistRow):
            is_sold = playlist.is_stream_gated and "usdc_purchase" in (playlist.stream_conditions or {})
            if playlist.playlist_id != member.playlist_id or not is_sold:
                continue
            for buyer, album, at in self._purchases:
                if album == playlist.playlist_id and at <= self.time:
                    data = _added_data(playlist, member.track_id)
                    self._tell(kind, group, buyer, [buyer], data, self.number)


def is_public(track: TrackRow) -> bool:
    """Tell whether everybody may hear the track."""
    hidden = track.is_unlisted or track.is_delete or not track.is_available
    return not hidden and track.stem_of is None and track.access_authorities is None


def parents(track: TrackRow) -> list[int | None]:
    """Return what is named as parents, in order."""
    return [each.get("parent_track_id") for each in (track.remix_of or {}).get("tracks", [])]


def winners(event: EventRow) -> list[int]:
    """Return the winners that were named."""
    return (event.event_data or {}).get("winners") or []


def _added_data(playlist: PlaylistRow, track_id: int) -> dict[str, int]:
    ids = {"track_id": track_id, "playlist_id": playlist.playlist_id}
    return {**ids, "playlist_owner_id": playlist.playlist_owner_id}
