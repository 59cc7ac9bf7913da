"""Acts of playlists: which tracks they hold."""

from collections.abc import Iterator

from backbeat.index.acts.act import Act, Changed, Moment, tells
from backbeat.index.rows.playlists import PlaylistTrackRow


@tells(PlaylistTrackRow)
def entries(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that a track came into a playlist, or left it."""
    old, new = row
    if delta := (not new.is_removed) - (old is not None and not old.is_removed):
        yield Act(
            kind="entry",
            actor_id=moment.tx.user_id,
            item_type="playlist",
            item_id=new.playlist_id,
            delta=delta,
            data={"track_id": new.track_id},
        )
