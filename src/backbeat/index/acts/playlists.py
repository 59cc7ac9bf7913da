"""Acts of playlists and albums: one comes out, gains or loses tracks (domain: chain and entities, 7.3)."""

from collections import defaultdict
from collections.abc import Iterator

from backbeat.index.acts.act import Act, Changed, Moment, tells
from backbeat.index.payload.metadata import INT4_MAX, integer, is_number
from backbeat.index.rows.playlists import PlaylistRow, PlaylistTrackRow
from backbeat.index.wire.stamp import unix_seconds


@tells(PlaylistRow)
def playlists(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that everybody may see a playlist, what was added to one that they see, and what to one that is sold."""
    old, new = row
    if not (new.is_private or new.is_delete):
        if old is None or old.is_private:
            yield _act("publish", new, {"is_album": new.is_album})
        if not _is_told(old, new) and (added := _added(new)):
            yield _act("add_tracks", new, {"tracks": added})
    if _is_sold(new) and (tracks := _new_members(moment)):
        yield _act("extend_album", new, {"tracks": tracks})


@tells(PlaylistTrackRow)
def entries(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell which tracks came into a playlist and which left it: one act each way, for a list may be of thousands."""
    members = moment.changed(PlaylistTrackRow)
    if row.new is not members[0]:
        return
    moved: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for member in members:
        before = moment.before(PlaylistTrackRow, *member.key())
        if delta := (not member.is_removed) - (before is not None and not before.is_removed):
            moved[member.playlist_id, delta].append(member.track_id)
    for (playlist_id, delta), tracks in sorted(moved.items()):
        yield Act(
            kind="entry",
            actor_id=moment.tx.user_id,
            item_type="playlist",
            item_id=playlist_id,
            delta=delta,
            data={"tracks": sorted(tracks)},  # in whatever order they were loaded
        )


def _act(kind: str, playlist: PlaylistRow, data: dict[str, object]) -> Act:
    return Act(
        kind=kind,
        actor_id=playlist.playlist_owner_id,
        item_type="playlist",
        item_id=playlist.playlist_id,
        data=data,
    )


def _is_told(old: PlaylistRow | None, new: PlaylistRow) -> bool:
    """Tell whether the change before, in the same second, told of these contents: this transaction did not send them.

    A transaction of some hundred bytes would say five thousand tracks once more.
    """
    return (
        old is not None
        and new.playlist_contents is old.playlist_contents
        and not (old.is_private or old.is_delete)
        and unix_seconds(old.updated_at) == unix_seconds(new.updated_at)
    )


def _added(playlist: PlaylistRow) -> list[int]:
    """Return the tracks whose entries are as new as the playlist's last change, each once, in order.

    An adopted database may hold anything as contents.
    """
    contents = playlist.playlist_contents
    entries = contents.get("track_ids") if isinstance(contents, dict) else None
    if not isinstance(entries, list):
        return []
    now = unix_seconds(playlist.updated_at)
    fresh = (
        entry for entry in entries if isinstance(entry, dict) and is_number(entry.get("time")) and entry["time"] >= now
    )
    ids = (integer(entry.get("track")) for entry in fresh)
    return list(dict.fromkeys(track_id for track_id in ids if track_id is not None and 0 < track_id <= INT4_MAX))


def _is_sold(playlist: PlaylistRow) -> bool:
    conditions = playlist.stream_conditions
    return playlist.is_stream_gated is True and isinstance(conditions, dict) and "usdc_purchase" in conditions


def _new_members(moment: Moment) -> list[int]:
    """Return the tracks that were never in the playlist before."""
    return [
        member.track_id
        for member in moment.rows
        if isinstance(member, PlaylistTrackRow) and moment.before(PlaylistTrackRow, *member.key()) is None
    ]
