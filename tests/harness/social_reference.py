"""What users hear, made one by one in plain Python as the rules say it (domain: chain and entities, 7.3).

Nothing of the program is used: a transaction is taken or not, relations are sets, a count is the size of a set.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

A_MONTH = timedelta(days=31)  # histories leave either seconds or forty days between two blocks
NAMES = {"Save": ("save", 1), "Unsave": ("save", -1), "Repost": ("repost", 1), "Unrepost": ("repost", -1)}


class Said(NamedTuple):
    """What a user does in a history."""

    actor: int
    """Who says it."""
    action: str
    """What is to be done."""
    kind: str
    """To what: User, Track or Playlist."""
    item: int
    """Its id."""
    of_repost: bool = False
    """A repost of another user inspired it."""
    tracks: tuple[int, ...] = ()
    """What a playlist is to hold."""


class Item(NamedTuple):
    """A track or playlist that is there from the start."""

    owner: int
    parent: int | None = None
    is_album: bool = False


class Scene(NamedTuple):
    """What stays as it is throughout a history."""

    users: Collection[int]
    """Who there is."""
    banned: Collection[int]
    """Who is not heard of."""
    items: Mapping[tuple[str, int], Item]
    """By kind (track, playlist) and id."""
    bought: Collection[tuple[int, str, int]]
    """Buyer, kind (track, album) and id."""
    user_thresholds: Collection[int]
    """The numbers of followers that are milestones."""
    item_thresholds: Collection[int]
    """The numbers of saves and reposts that are."""


class Reference:
    """Takes transactions in order and remembers what was told of them."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.follows: set[tuple[int, int]] = set()
        self.favors: dict[tuple[str, str, int], dict[int, datetime]] = {}
        self.held: dict[int, set[int]] = {}
        self.told: dict[tuple[str, str], tuple[Any, ...]] = {}
        self.milestones: dict[tuple[str, int, int], tuple[int, datetime]] = {}

    def block(self, number: int, time: datetime, said: Iterable[Said]) -> None:
        """Take the transactions of a block."""
        self.number, self.time = number, time
        for each in said:
            if each.action in ("Follow", "Unfollow"):
                self._follow(each)
            elif each.action == "Update":
                self.held[each.item] = set(each.tracks)
            else:
                self._favor(each)

    def _follow(self, said: Said) -> None:
        pair = (said.actor, said.item)
        if said.action == "Unfollow":
            self.follows.discard(pair)
        elif said.actor != said.item and said.item in self.scene.users and pair not in self.follows:
            self.follows.add(pair)
            if said.actor in self.scene.banned:
                return
            count = sum(followee == said.item for _, followee in self.follows)
            if count in self.scene.user_thresholds:
                data = {"type": "FOLLOWER_COUNT", "user_id": said.item, "threshold": count}
                self._milestone("FOLLOWER_COUNT", said.item, count, "milestone_follower_count", said.item, data)
            data = {"followee_user_id": said.item, "follower_user_id": said.actor}
            self._tell("follow", f"follow:{said.item}", said.actor, [said.item], data)

    def _favor(self, said: Said) -> None:
        name, delta = NAMES[said.action]
        kind = said.kind.lower()
        by = self.favors.setdefault((name, kind, said.item), {})
        if delta < 0:
            by.pop(said.actor, None)
            return
        item = self.scene.items[kind, said.item]
        if said.actor == item.owner or said.actor in by:
            return
        by[said.actor] = self.time
        if said.actor in self.scene.banned:
            return
        self._favor_milestone(name, kind, said.item, item, len(by))
        if name == "repost" or not self._has_bought(said.actor, kind, said.item, item):
            data = {"type": kind, "user_id": said.actor, f"{name}_item_id": said.item}
            self._tell(name, f"{name}:{said.item}:type:{kind}", said.actor, [item.owner], data)
        self._of_repost(name, kind, said, item)
        parent = self.scene.items.get(("track", item.parent)) if item.parent else None
        if parent and parent.owner == said.actor:
            data = {"parent_track_id": item.parent, "track_id": said.item, "track_owner_id": item.owner}
            group = f"cosign:parent_track{item.parent}:original_track:{said.item}"
            self._tell("cosign", group, said.actor, [item.owner], data)

    def _favor_milestone(self, name: str, kind: str, item_id: int, item: Item, count: int) -> None:
        if count in self.scene.item_thresholds:
            of = f"{kind}_{name}_COUNT".upper()
            data = {"type": of, f"{kind}_id": item_id, "threshold": count}
            if kind == "playlist":
                data["is_album"] = item.is_album
            self._milestone(of, item_id, count, "milestone", item.owner, data)

    def _of_repost(self, name: str, kind: str, said: Said, item: Item) -> None:
        in_album = name == "save" and kind == "track" and self._has_bought_album_with(said.actor, said.item)
        if not said.of_repost or in_album:
            return
        reposts = self.favors.get(("repost", kind, said.item), {})
        inspiring = sorted(
            user
            for user, since in reposts.items()
            if (said.actor, user) in self.follows and since >= self.time - A_MONTH
        )
        if inspiring:
            data = {
                "type": "album" if item.is_album else kind,
                "user_id": said.actor,
                f"{name}_of_repost_item_id": said.item,
            }
            self._tell(f"{name}_of_repost", f"{name}_of_repost:{said.item}:type:{kind}", said.actor, inspiring, data)

    def _has_bought(self, user: int, kind: str, item_id: int, item: Item) -> bool:
        if kind == "track":
            return (user, "track", item_id) in self.scene.bought or self._has_bought_album_with(user, item_id)
        return item.is_album and (user, "album", item_id) in self.scene.bought

    def _has_bought_album_with(self, user: int, track_id: int) -> bool:
        return any(
            buyer == user and kind == "album" and track_id in self.held.get(album, ())
            for buyer, kind, album in self.scene.bought
        )

    def _milestone(self, name: str, item: int, count: int, kind: str, owner: int, data: dict[str, Any]) -> None:
        self.milestones.setdefault((name, item, count), (self.number, self.time))
        self._tell(kind, f"milestone:{name}:id:{item}:threshold:{count}", owner, [owner], data)

    def _tell(self, kind: str, group: str, specifier: int, users: list[int], data: dict[str, Any]) -> None:
        self.told.setdefault((group, str(specifier)), (kind, users, data, self.number, self.time))
