"""Challenge ``cs``, cosign."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from naive_rewards.judging import ByEvent, Event, Ledger
from naive_rewards.written import Columns, State, Terms

COSIGNS_MAX = 5
WINDOW = timedelta(days=30)


class Act(NamedTuple):
    """A repost or a save of a track."""

    user_id: int
    track_id: int


class Cosign(ByEvent):
    """``cs``: a verified owner reposts or saves a remix of its track; the remixer earns, once for owner and remix.

    Five a cosigner in thirty days before the cosign; one that is too many is not looked at again. Neither track needs
    to be undeleted.
    """

    challenge_id = "cs"

    def happened(self, before: State, after: State) -> Iterable[Act]:
        new = _acts(after) - _acts(before)
        return sorted({Act(user, track) for _, user, track, _ in new})

    def judge(self, event: Event, terms: Terms, ledger: Ledger) -> None:
        act: Act = event.about
        state = event.state
        remix = state.tracks.get(act.track_id)
        if remix is None or not state.is_verified(act.user_id) or not _is_of_own(state, act):
            return
        specifier = f"{act.user_id:x}:{act.track_id:x}"
        if ledger.has("cs", specifier) or state.is_deactivated(remix["owner_id"]):
            return
        since = event.moment.time - WINDOW
        paid = ledger.complete("cs", f"{act.user_id:x}:")
        if (
            sum(row.completed_at is not None and since <= row.completed_at <= event.moment.time for row in paid)
            < COSIGNS_MAX
        ):
            ledger.put("cs", specifier, remix["owner_id"], event.moment, terms.amount)


def _acts(state: State) -> set[tuple[str, int, int, object]]:
    """Return who reposted and saved which track, and when, as far as it stands."""

    def of(table: str, item: str, kind: str) -> Iterable[tuple[str, int, int, object]]:
        rows: Iterable[Columns] = state.standing(table)
        return ((table, row["user_id"], row[item], row["created_at"]) for row in rows if row[kind] == "track")

    return {*of("reposts", "repost_item_id", "repost_type"), *of("saves", "save_item_id", "save_type")}


def _is_of_own(state: State, act: Act) -> bool:
    """Say whether the track is a remix of one of the user's, any of its parents."""
    parents = [row["parent_track_id"] for row in state.current("remixes") if row["child_track_id"] == act.track_id]
    return any(parent in state.tracks and state.tracks[parent]["owner_id"] == act.user_id for parent in parents)
