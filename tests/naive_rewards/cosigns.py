"""Challenge ``cs``, cosign."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from naive_rewards.judging import Followed, Ledger, Moment
from naive_rewards.written import Block, State, Terms

COSIGNS_MAX = 5
WINDOW = timedelta(days=30)


class Act(NamedTuple):
    """A repost or a save of a track."""

    at: datetime
    user_id: int
    track_id: int


class Cosign(Followed):
    """``cs``: a verified owner reposts or saves a remix of its track; the remixer earns, once for owner and remix.

    Five a cosigner in thirty days before the cosign; one that is too many is not looked at again. Neither track needs
    to be undeleted.
    """

    challenge_id = "cs"

    def __init__(self) -> None:
        super().__init__()
        self._paid: list[Act] = []

    def changed(self, before: State, after: State, *, are_terms_other: bool) -> Iterable[Act]:  # noqa: ARG002 - as its like
        return sorted(_acts(after) - _acts(before))

    def judge(self, about: Act, block: Block, terms: Terms, ledger: Ledger) -> None:
        state, specifier = block.state, f"{about.user_id:x}:{about.track_id:x}"
        remix = state.tracks.get(about.track_id)
        if remix is None or not state.is_verified(about.user_id) or not _is_of_own(state, about):
            return
        if ledger.has("cs", specifier) or state.is_deactivated(remix["owner_id"]):
            return
        of_late = [act for act in self._paid if act.user_id == about.user_id and act.at >= about.at - WINDOW]
        if len(of_late) < COSIGNS_MAX:
            self._paid.append(about)
            ledger.put("cs", specifier, remix["owner_id"], Moment.of(block), terms.amount)


def _acts(state: State) -> set[Act]:
    """Return who reposted and saved which track, and when, as far as it stands."""
    reposts = [row for row in state.standing("reposts") if row["repost_type"] == "track"]
    saves = [row for row in state.standing("saves") if row["save_type"] == "track"]
    return {
        *(Act(row["created_at"], row["user_id"], row["repost_item_id"]) for row in reposts),
        *(Act(row["created_at"], row["user_id"], row["save_item_id"]) for row in saves),
    }


def _is_of_own(state: State, act: Act) -> bool:
    """Say whether the track is a remix of one of the user's, any of its parents."""
    parents = [row["parent_track_id"] for row in state.current("remixes") if row["child_track_id"] == act.track_id]
    return any(parent in state.tracks and state.tracks[parent]["owner_id"] == act.user_id for parent in parents)
