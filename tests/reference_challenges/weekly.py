"""Who wins a week, by the scores as they stand."""

from datetime import date
from typing import Any

from reference_challenges.tables import Rows, Tables

WINNERS = 10
ABOVE_GROUND = 20  # the best tracks are not underground
SMALL = 1500


def newest_scores(t: Tables, key: str) -> date | None:
    """Return the day on which the scores of a kind were last written."""
    times = [row["created_at"] for row in _scores(t, key)]
    return max(times).date() if times else None


def best_of_week(t: Tables, key: str) -> list[tuple[int, int]]:
    """Return item and owner, best first, ties by the higher id; at most ten."""
    found: list[tuple[int, int]] = {"tt": _tracks, "tut": _underground, "tp": _playlists}[key](t)
    return found[:WINNERS]


def _scores(t: Tables, key: str) -> Rows:
    table, name = (t.playlist_trending_scores, "PLAYLISTS") if key == "tp" else (t.track_trending_scores, "TRACKS")
    return [row for row in table if (row["type"], row["version"], row["time_range"]) == (name, "pnagD", "week")]


def _ranked(t: Tables, key: str, item: str) -> list[int]:
    return [row[item] for row in sorted(_scores(t, key), key=lambda row: (row["score"], row[item]), reverse=True)]


def _tracks(t: Tables) -> list[tuple[int, int]]:
    found = []
    for number in _ranked(t, "tt", "track_id"):
        track = t.track(number)
        if track is None or track["is_delete"] or track["is_unlisted"]:
            continue
        if not (track["stem_of"] or track["is_stream_gated"]) and t.may_earn(track["owner_id"]):
            found.append((number, track["owner_id"]))
    return found


def _underground(t: Tables) -> list[tuple[int, int]]:
    shown = []
    for number in _ranked(t, "tut", "track_id"):
        track = t.track(number)
        if track and not track["is_delete"] and not track["is_unlisted"] and track["is_available"]:
            shown.append((number, track["owner_id"]))
    return [(number, owner) for number, owner in shown[ABOVE_GROUND:] if t.may_earn(owner) and _is_small(t, owner)]


def _is_small(t: Tables, owner: int) -> bool:
    sizes = [row for row in t.aggregate_user if row["user_id"] == owner]
    return any(_below(row["follower_count"]) and _below(row["following_count"]) for row in sizes)


def _below(count: Any) -> bool:
    return count is not None and count < SMALL


def _playlists(t: Tables) -> list[tuple[int, int]]:
    found = []
    for number in _ranked(t, "tp", "playlist_id"):
        one = t.playlist(number)
        if one is None or one["is_delete"] or one["is_private"] or one["is_album"]:
            continue
        places = [row for row in t.playlist_tracks if row["playlist_id"] == number and not row["is_removed"]]
        tracks = [track for row in places if (track := t.track(row["track_id"])) and not track["is_delete"]]
        is_varied = len(tracks) >= 5 and len({track["owner_id"] for track in tracks}) >= 5
        if is_varied and t.may_earn(one["playlist_owner_id"]):
            found.append((number, one["playlist_owner_id"]))
    return found
