"""Who hears of comments, made one by one in plain Python as the rules say it (domain: chain and entities, 5.5.7).

Nothing of the program is used: a transaction is taken or not, relations are sets, a count is the size of a set.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from harness.said import Said

TRACK, FAN_CLUB, COMMENT = "Track", "FanClub", "Comment"


class Comment(NamedTuple):
    """A comment as it was written."""

    author: int
    kind: str
    entity: int
    parent: int | None


class Reference:
    """Takes transactions in order and remembers what was told of them."""

    def __init__(self, users: Collection[int], owners: Mapping[int, int], silencing: int) -> None:
        self.users = users
        self.owners = owners  # of tracks
        self.silencing = silencing
        self.comments: dict[int, Comment] = {}
        self.deleted: set[int] = set()
        self.mentioned: set[tuple[int, int]] = set()  # now
        self.likes: set[tuple[int, int]] = set()
        self.mutes: set[tuple[int, int]] = set()
        self.comment_mutes: set[tuple[int, str, int]] = set()
        self.reports: set[tuple[int, int]] = set()
        self.follows: set[tuple[int, int]] = set()
        self.told: dict[tuple[str, str], tuple[Any, ...]] = {}

    def block(self, number: int, time: datetime, said: Iterable[Said]) -> None:
        """Take the transactions of a block."""
        self.number, self.time = number, time
        for each in said:
            entity_type, action = each.pair.split("/")
            getattr(self, f"_{entity_type}_{action}".lower())(each)

    def _user_follow(self, said: Said) -> None:
        if said.actor != said.item:
            self.follows.add((said.actor, said.item))

    def _user_unfollow(self, said: Said) -> None:
        self.follows.discard((said.actor, said.item))

    def _user_mute(self, said: Said) -> None:
        if said.actor != said.item:
            self.mutes.add((said.actor, said.item))

    def _user_unmute(self, said: Said) -> None:
        self.mutes.discard((said.actor, said.item))

    def _track_mute(self, said: Said) -> None:
        self.comment_mutes.add((said.actor, TRACK, said.item))

    def _track_unmute(self, said: Said) -> None:
        self.comment_mutes.discard((said.actor, TRACK, said.item))

    def _comment_mute(self, said: Said) -> None:
        self.comment_mutes.add((said.actor, COMMENT, said.item))

    def _comment_unmute(self, said: Said) -> None:
        self.comment_mutes.discard((said.actor, COMMENT, said.item))

    def _comment_report(self, said: Said) -> None:
        if said.item in self.comments:
            self.reports.add((said.actor, said.item))

    def _comment_delete(self, said: Said) -> None:
        comment = self.comments.get(said.item)
        if comment and said.actor in {comment.author, self._owner(comment) if comment.kind == TRACK else None}:
            self.deleted.add(said.item)

    def _comment_create(self, said: Said) -> None:
        kind, entity = said.payload["entity_type"], said.payload["entity_id"]
        parent_id = said.payload.get("parent_comment_id")
        parent = self.comments.get(parent_id) if parent_id else None
        if said.item in self.comments or (parent_id and (parent is None or parent[1:3] != (kind, entity))):
            return
        comment = self.comments[said.item] = Comment(said.actor, kind, entity, parent_id)
        owner, mentions = self._owner(comment), said.payload["mentions"]
        data = {"type": kind, "entity_id": entity, "comment_user_id": said.actor, "comment_id": said.item}
        with_owner = data | {"entity_user_id": owner}
        silenced = self._are_many(user for user, muted in self.mutes if muted == said.actor)
        if parent is None:
            if not (said.actor == owner or owner in mentions or silenced or self._is_off(owner, said.actor, comment)):
                self._tell("comment", f"comment:{entity}:type:{kind}", said.item, owner, data)
        elif said.actor != parent.author and not silenced:
            is_muted = (parent.author, COMMENT, parent_id) in self.comment_mutes
            if not is_muted and (parent.author, said.actor) not in self.mutes:
                self._tell("comment_thread", f"comment_thread:{parent_id}", said.item, parent.author, with_owner)
        for user in mentions:
            self._mention(said.item, user, said.actor)

    def _comment_update(self, said: Said) -> None:
        comment = self.comments.get(said.item)
        if not comment or said.item in self.deleted or said.actor != comment.author:
            return
        reporters = [user for user, reported in self.reports if reported == said.item]
        sent = said.payload["mentions"]
        before = {user for known, user in self.mentioned if known == said.item}
        if sent:
            self.mentioned -= {(said.item, user) for user in before.difference(sent)}
        for user in sent:
            if user in before:
                continue
            if self._are_many(reporters) or user in reporters or self._owner(comment) in reporters:
                self.mentioned.add((said.item, user))
            else:
                self._mention(said.item, user, said.actor)

    def _comment_react(self, said: Said) -> None:
        comment = self.comments.get(said.item)
        if not comment or said.item in self.deleted or (said.actor, said.item) in self.likes:
            return
        self.likes.add((said.actor, said.item))
        author, owner = comment.author, self._owner(comment)
        if (
            said.actor == author
            or "entity_id" not in said.payload
            or (author, COMMENT, said.item) in self.comment_mutes
        ):
            return
        if (author, said.actor) in self.mutes or (author == owner and self._is_off(owner, said.actor, comment)):
            return
        if not self._are_many(user for user, muted in self.mutes if muted == said.actor):
            data = {
                "type": comment.kind,
                "entity_id": comment.entity,
                "entity_user_id": owner,
                "comment_id": said.item,
                "reacter_user_id": said.actor,
            }
            self._tell("comment_reaction", f"comment_reaction:{said.item}", said.actor, author, data)

    def _comment_unreact(self, said: Said) -> None:
        self.likes.discard((said.actor, said.item))

    def _mention(self, comment_id: int, user: int, actor: int) -> None:
        comment = self.comments[comment_id]
        self.mentioned.add((comment_id, user))
        owner = self._owner(comment)
        answered = self.comments[comment.parent].author if comment.parent else None
        if user in {actor, answered} or (user, actor) in self.mutes:
            return
        if user == owner and self._is_off(owner, actor, comment):
            return
        if not self._are_many(muter for muter, muted in self.mutes if muted == actor):
            data = {
                "type": comment.kind,
                "entity_id": comment.entity,
                "entity_user_id": owner,
                "comment_user_id": actor,
                "comment_id": comment_id,
            }
            self._tell("comment_mention", f"comment_mention:{comment_id}", user, user, data)

    def _owner(self, comment: Comment) -> int:
        return self.owners[comment.entity] if comment.kind == TRACK else comment.entity

    def _is_off(self, owner: int, actor: int, comment: Comment) -> bool:
        return (owner, actor) in self.mutes or (owner, comment.kind, comment.entity) in self.comment_mutes

    def _are_many(self, users: Iterable[int]) -> bool:
        """Tell whether these users have very many followers together."""
        known = set(users)
        return sum(followee in known for _, followee in self.follows) >= self.silencing

    def _tell(self, kind: str, group: str, specifier: int, user: int, data: dict[str, Any]) -> None:
        self.told.setdefault((group, str(specifier)), (kind, [user], data, self.number, self.time))
