"""Challenge ``t``, tastemaker."""

from collections.abc import Iterable

from naive_rewards.judging import Challenge, Ledger, Moment
from naive_rewards.written import Block, Columns, State

TOP = 10
EARLIEST = 10


def trends(state: State, track_id: int) -> bool:
    """``t`` and ``tt``: a track can trend that is not deleted, listed, no stem and not behind a gate for streaming."""
    track = state.tracks.get(track_id)
    if track is None or track["is_delete"] or not state.is_listed(track):
        return False
    return track["stem_of"] is None and not track["is_stream_gated"]


def scores_of(state: State, table: str, kind: str) -> list[int]:
    """Return what has a score of the week, the highest first; of equal ones the higher id comes first."""
    named = "playlist_id" if table.startswith("playlist") else "track_id"
    scores = [
        (row["score"], row[named])
        for row in state.current(table)
        if (row["type"], row["version"], row["time_range"]) == (kind, "pnagD", "week")
    ]
    return [item for _, item in sorted(scores, reverse=True)]


def ranked_tracks(state: State) -> list[Columns]:
    """Return the tracks that have a score of the week and are there, the highest first."""
    scored = scores_of(state, "track_trending_scores", "TRACKS")
    return [state.tracks[track_id] for track_id in scored if track_id in state.tracks]


def top_tracks(state: State, count: int) -> list[int]:
    """Return the tracks with the highest scores of the week, of those that can trend."""
    ranked = [track["track_id"] for track in ranked_tracks(state)]
    return [track_id for track_id in ranked if trends(state, track_id)][:count]


def earliest(rows: Iterable[tuple[object, int]]) -> set[int]:
    """Return the first ten who did something; of those at one time the lower user id comes first."""
    return {user for _, user in sorted(rows, key=lambda row: (str(row[0]), row[1]))[:EARLIEST]}


def tastemakers(state: State, track_id: int) -> set[int]:
    """Return the ten earliest who reposted a track, and the ten earliest who saved it, of acts that stand."""
    reposts = [row for row in state.standing("reposts") if row["repost_type"] == "track"]
    saves = [row for row in state.standing("saves") if row["save_type"] == "track"]
    return earliest(
        (row["created_at"], row["user_id"]) for row in reposts if row["repost_item_id"] == track_id
    ) | earliest((row["created_at"], row["user_id"]) for row in saves if row["save_item_id"] == track_id)


class Tastemaker(Challenge):
    """``t``: the earliest supporters of what is among the ten first tracks; once for user and track.

    The lists are those of the moment: who moves up earns, and nobody loses a row.
    """

    def end_of_block(self, before: State, block: Block, ledger: Ledger) -> None:  # noqa: ARG002 - as its like
        terms = block.terms("t")
        if terms is None or not block.is_numbered:
            return
        for track in top_tracks(block.state, TOP):
            for user in sorted(tastemakers(block.state, track)):
                if not block.state.is_deactivated(user):
                    moment = Moment.of(block)
                    ledger.put("t", f"{user:x}:t:{track:x}", user, moment, terms.amount)
