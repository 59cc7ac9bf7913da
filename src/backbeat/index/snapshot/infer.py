"""Infers what must have existed before a recording began.

A recording starts in the middle of a living network: its transactions follow users, save tracks and edit playlists that
it does not create. What an entity transaction takes for granted is read off the transaction itself; nothing that the
recording creates anywhere is inferred, and where the owner of a track or playlist cannot be known from a later edit, a
stand-in owns it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from backbeat.chain.model import ManageEntity, Transaction
from backbeat.index.loader import INT4_MAX
from backbeat.index.payload.metadata import parse

STAND_IN_OWNER = 1
"""The user that owns what nobody in the recording is seen to own; it has no wallet and so can never act."""


class Snapshot(msgspec.Struct):
    """What existed before a recording."""

    before: datetime | None = None
    """The earliest time of a play in the recording."""
    users: dict[int, str | None] = {}
    """Wallets by user; None where no address is known."""
    tracks: dict[int, int] = {}
    """Owners by track."""
    playlists: dict[int, int] = {}
    """Owners by playlist."""
    follows: list[tuple[int, int]] = []
    """Pairs of follower and followee."""
    subscriptions: list[tuple[int, int]] = []
    """Pairs of subscriber and the user subscribed to; a follow implies one and is not repeated here."""
    saves: list[tuple[int, int, str]] = []
    """User, item and kind of item."""
    reposts: list[tuple[int, int, str]] = []
    """User, item and kind of item."""


def infer(transactions: Iterable[Transaction]) -> Snapshot:
    """Return the prior state that makes the transactions replayable; two passes over the entity transactions."""
    snapshot = Snapshot()
    entities = []
    for transaction in transactions:
        times = [play.played_at for play in transaction.plays if play.played_at is not None]
        if times:
            snapshot.before = min(times) if snapshot.before is None else min(snapshot.before, *times)
        if transaction.entity is not None and _fits(transaction.entity):
            entities.append(transaction.entity)
    inference = Inference(snapshot, entities)
    for entity in entities:
        inference.take(entity)
    return inference.finish()


class Inference:
    """One reading of a recording's entity transactions."""

    def __init__(self, snapshot: Snapshot, entities: list[ManageEntity]) -> None:
        self._snapshot = snapshot
        self._created = {_subject(entity) for entity in entities if entity.action == "Create"}
        self._seen: set[tuple[object, ...]] = set()

    def take(self, entity: ManageEntity) -> None:
        """Learn what one transaction takes for granted."""
        if (entity.entity_type, entity.action) == ("User", "Create"):
            return
        self.user(entity.user_id, entity.signer.lower())
        learn = LEARN.get(entity.action)
        if learn is not None:
            learn(self, entity)

    def finish(self) -> Snapshot:
        """Add the stand-in owner if anything needs it."""
        if STAND_IN_OWNER in {*self._snapshot.tracks.values(), *self._snapshot.playlists.values()}:
            self._snapshot.users.setdefault(STAND_IN_OWNER, None)
        return self._snapshot

    def user(self, user_id: int, wallet: str | None = None) -> None:
        """Note that a user existed; the first wallet that signs for it is its own."""
        if ("User", user_id) not in self._created:
            self._snapshot.users[user_id] = self._snapshot.users.get(user_id) or wallet

    def item(self, kind: str, item_id: int, owner_id: int = STAND_IN_OWNER) -> None:
        """Note that a track or playlist existed; a known owner replaces the stand-in."""
        items = {"Track": self._snapshot.tracks, "Playlist": self._snapshot.playlists}.get(kind)
        if items is None or (kind, item_id) in self._created:
            return
        if items.get(item_id, STAND_IN_OWNER) == STAND_IN_OWNER:
            items[item_id] = owner_id

    def target(self, entity: ManageEntity) -> None:
        """Learn from an act towards a user, track or playlist."""
        if entity.entity_type == "User":
            self.user(entity.entity_id)
        else:
            self.item(entity.entity_type, entity.entity_id)
        self._seen.add(_act(entity))
        if entity.action in {"Follow", "Unfollow"}:  # which say whether there is a subscription, too
            self._seen.add((entity.entity_type, "Subscribe", entity.user_id, entity.entity_id))

    def undone(self, entity: ManageEntity) -> None:
        """Learn from the undoing of an act that the recording does not show: it was active before."""
        if _act(entity) not in self._seen:
            pairs = {"Unfollow": self._snapshot.follows, "Unsubscribe": self._snapshot.subscriptions}
            if entity.action not in pairs:
                acts = self._snapshot.saves if entity.action == "Unsave" else self._snapshot.reposts
                acts.append((entity.user_id, entity.entity_id, entity.entity_type.lower()))
            elif entity.entity_type == "User":
                pairs[entity.action].append((entity.user_id, entity.entity_id))
        self.target(entity)

    def created(self, entity: ManageEntity) -> None:
        """Learn from a comment on a track that the track existed."""
        payload = (parse(entity.metadata) or {}) if entity.entity_type == "Comment" else {}
        track = payload.get("entity_id")
        if payload.get("entity_type", "Track") == "Track" and isinstance(track, int) and 0 < track <= INT4_MAX:
            self.item("Track", track)

    def owned(self, entity: ManageEntity) -> None:
        """Learn from an edit: only the owner could make it."""
        if entity.entity_type == "User":
            pick = (parse(entity.metadata) or {}).get("artist_pick_track_id")
            if isinstance(pick, int) and 0 < pick <= INT4_MAX:
                self.item("Track", pick, entity.user_id)
        else:
            self.item(entity.entity_type, entity.entity_id, entity.user_id)


LEARN: dict[str, Callable[[Inference, ManageEntity], None]] = {
    "Create": Inference.created,
    "Follow": Inference.target,
    "Subscribe": Inference.target,
    "Save": Inference.target,
    "Repost": Inference.target,
    "Share": Inference.target,
    "Download": Inference.target,
    "ViewPlaylist": lambda inference, entity: inference.item("Playlist", entity.entity_id),
    "Unfollow": Inference.undone,
    "Unsubscribe": Inference.undone,
    "Unsave": Inference.undone,
    "Unrepost": Inference.undone,
    "Update": Inference.owned,
    "Delete": Inference.owned,
}


def _subject(entity: ManageEntity) -> tuple[str, int]:
    return entity.entity_type, entity.user_id if entity.entity_type == "User" else entity.entity_id


def _act(entity: ManageEntity) -> tuple[object, ...]:
    return entity.entity_type, entity.action.removeprefix("Un").capitalize(), entity.user_id, entity.entity_id


def _fits(entity: ManageEntity) -> bool:
    return 0 < entity.user_id <= INT4_MAX and 0 <= entity.entity_id <= INT4_MAX
