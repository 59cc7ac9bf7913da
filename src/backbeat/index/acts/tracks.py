"""Acts of artists: tracks that are new, tracks that come out, and what they remix (domain: chain and entities, 7.3)."""

from collections.abc import Iterator
from typing import Any

from backbeat.index.acts.act import Act, Changed, Moment, tells
from backbeat.index.acts.contests import contest_started, open_contests
from backbeat.index.content.remixes import first_parent, named_parents
from backbeat.index.payload.metadata import INT4_MAX
from backbeat.index.rows.tracks import PARENTS_MAX, TrackRow


@tells(TrackRow)
def tracks(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that a track is there, what it remixes, that everybody may hear it, that a contest on it can be seen."""
    old, new = row
    if old is None:
        yield Act(kind="track", actor_id=new.owner_id, item_id=new.track_id, delta=1)
    yield from _remixed(old, new)
    if is_public(new) and not (old and is_public(old)):
        yield Act(
            kind="publish",
            actor_id=new.owner_id,
            item_type="track",
            item_id=new.track_id,
            data=_news(new, moment),
        )
    if old is not None and old.is_unlisted and not new.is_unlisted:
        for contest in open_contests(new.track_id, moment):
            yield contest_started(contest, new)


def is_public(track: TrackRow) -> bool:
    """Tell whether subscribers may hear of the track: listed, available, not deleted, no stem, open to everybody."""
    return (
        not (track.is_unlisted or track.is_delete)
        and track.is_available
        and track.stem_of is None
        and track.access_authorities is None
    )


def _news(track: TrackRow, moment: Moment) -> dict[str, Any] | None:
    """Return what else is told of a track that comes out: its parent, and the open contests that it enters.

    There is one, but where a contest that was over was put off again.
    """
    news: dict[str, Any] = {"is_playlist_upload": True} if track.is_playlist_upload else {}
    parent = first_parent(track)
    if parent is not None:
        news["parent"] = parent
        if contests := open_contests(parent, moment):
            news["events"] = sorted(contest.event_id for contest in contests)
    return news or None


def _remixed(old: TrackRow | None, new: TrackRow) -> Iterator[Act]:
    """Tell which tracks a track that is not deleted began or ceased to be a remix of, the first parent apart."""
    before, after = _parents(old), _parents(new)
    flips = [(each, -1) for each in before - after] + [(each, 1) for each in after - before]
    for (parent_id, place), delta in sorted(flips):
        yield Act(
            kind="remix",
            actor_id=new.owner_id,
            item_type=place,
            item_id=parent_id,
            delta=delta,
            data={"track": new.track_id},
        )


def _parents(track: TrackRow | None) -> set[tuple[int, str]]:
    if track is None or track.is_delete or track.remix_of is None:
        return set()
    first = first_parent(track)
    ids = [parent for parent in named_parents(track.remix_of) if 0 < parent <= INT4_MAX]
    return {(parent, "first" if parent == first else "other") for parent in ids[:PARENTS_MAX]}
