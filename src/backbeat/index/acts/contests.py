"""Acts of contests: that one began, and that it has winners (domain: chain and entities, 5.6.5, 5.6.6 and 7.3)."""

from collections.abc import Iterator

from backbeat.index.acts.act import Act, Changed, Moment, tells
from backbeat.index.content.contests import REMIX_CONTEST, TRACK, is_open_contest
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.tracks import TrackRow


@tells(EventRow)
def contests(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that a contest began on a listed track, or that its winners were named."""
    old, new = row
    if new.event_type != REMIX_CONTEST or new.entity_type != TRACK or new.is_deleted:
        return
    is_won = old is not None and _has_winners(new) and not _has_winners(old)
    if old is not None and not is_won:
        return
    track = moment.get(TrackRow, new.entity_id)
    if track is None or track.is_unlisted:
        return
    if old is None:
        yield contest_started(new, track)
    elif not track.is_delete:
        yield _about(new, track, "name_winners")


def contest_started(event: EventRow, track: TrackRow) -> Act:
    """Return the act of a contest that people can see from now on."""
    return _about(event, track, "contest")


def open_contests(track_id: int, moment: Moment) -> list[EventRow]:
    """Return the contests on a track that were open when the transaction began."""
    return [
        event
        for event in moment.many(EventRow, "open", track_id, REMIX_CONTEST)
        if event.entity_type == TRACK and is_open_contest(event, moment.tx.block_time)
    ]


def _about(event: EventRow, track: TrackRow, kind: str) -> Act:
    return Act(
        kind=kind,
        actor_id=event.user_id,
        item_type="track",
        item_id=track.track_id,
        owner_id=track.owner_id,
        data={"event": event.event_id},
    )


def _has_winners(event: EventRow) -> bool:
    told = event.event_data
    return isinstance(told, dict) and isinstance(told.get("winners"), list) and bool(told["winners"])
