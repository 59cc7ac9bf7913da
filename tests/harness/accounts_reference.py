"""Who hears of managers, tips that are answered and collaborators, made one by one in plain Python as the rules say it.

Domain: chain and entities, 5.2.9, 5.8, 5.10 and 7.3.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from harness.said import Said


class Tip(NamedTuple):
    """A tip that is there from the start."""

    slot: int
    signature: str
    sender: int
    receiver: int
    amount: int


class Reference:
    """Takes transactions in order and remembers what was told of them."""

    def __init__(self, wallets: Mapping[int, str], tips: Iterable[Tip], tracks: Mapping[int, int]) -> None:
        self.wallets = wallets
        self.users = {wallet: user for user, wallet in wallets.items()}
        self.tips = {tip.signature: tip for tip in tips}
        self.tracks = tracks
        self.grants: dict[tuple[int, str], tuple[datetime, bool | None]] = {}  # those that were not revoked
        self.credits: dict[tuple[int, int], str] = {}
        self.reacted: dict[str, int] = {}
        self.told: dict[tuple[str, str], tuple[Any, ...]] = {}

    def block(self, number: int, time: datetime, said: Iterable[Said]) -> None:
        """Take the transactions of a block."""
        self.number, self.time = number, time
        for each in said:
            entity_type, action = each.pair.split("/")
            getattr(self, f"_{entity_type}_{action}".lower())(each)

    def _grant_create(self, said: Said) -> None:
        wallet = said.payload["grantee_address"]
        if (said.actor, wallet) not in self.grants:
            self.grants[said.actor, wallet] = (self.time, None)
            manager = self.users[wallet]
            group = f"grantee_user_id:{manager}:grantee_address:{wallet}:user_id:{said.actor}"
            times = f"updated_at:{self.time}:created_at:{self.time}"
            data = {"grantee_user_id": manager, "grantee_address": wallet, "user_id": said.actor}
            self._tell("request_manager", f"{group}:{times}", said.actor, manager, data)

    def _grant_delete(self, said: Said) -> None:
        self.grants.pop((said.actor, said.payload["grantee_address"]), None)

    def _grant_approve(self, said: Said) -> None:
        wallet, user = self.wallets[said.actor], said.payload["grantor_user_id"]
        if (grant := self.grants.get((user, wallet))) and not grant[1]:
            self.grants[user, wallet] = (grant[0], True)
            group = f"grantee_user_id:{said.actor}:grantee_address:{wallet}:user_id:{user}:created_at:{grant[0]}"
            data = {"grantee_user_id": said.actor, "grantee_address": wallet, "user_id": user}
            self._tell("approve_manager_request", group, said.actor, user, data)

    def _grant_reject(self, said: Said) -> None:
        key = said.payload["grantor_user_id"], self.wallets[said.actor]
        if key in self.grants and not self.grants[key][1]:
            del self.grants[key]

    def _tip_update(self, said: Said) -> None:
        tip = self.tips.get(said.payload["reacted_to"])
        if tip and tip.receiver == said.actor:
            value = said.payload["reaction_value"]
            self.reacted[tip.signature] = value
            data = {
                "reacted_to": tip.signature,
                "reaction_type": "tip",
                "reaction_value": value,
                "receiver_user_id": tip.receiver,
                "sender_user_id": tip.sender,
                "sender_wallet": self.wallets[tip.sender],
                "tip_amount": str(tip.amount),
            }
            group = f"reaction_to:{tip.signature}:reaction_type:tip:reaction_value:{value}"
            self._tell("reaction", group, said.actor, tip.sender, data, slot=tip.slot)

    def _track_update(self, said: Said) -> None:
        owner, named = self.tracks[said.item], said.payload["collaborators"]
        if said.actor != owner:
            return
        for track, user in list(self.credits):
            if track == said.item and user not in named:
                del self.credits[track, user]
        for user in named:
            if user != owner and (said.item, user) not in self.credits:
                self.credits[said.item, user] = "pending"
                self._credit("track_collaborator_invite", said.item, user, owner, teller=owner, hearer=user)

    def _trackcollaborator_approve(self, said: Said) -> None:
        if self.credits.get((said.item, said.actor)) == "pending":
            self.credits[said.item, said.actor] = "accepted"
            owner = self.tracks[said.item]
            self._credit("track_collaborator_accept", said.item, said.actor, owner, teller=said.actor, hearer=owner)

    def _trackcollaborator_reject(self, said: Said) -> None:
        if self.credits.get((said.item, said.actor)) in {"pending", "accepted"}:
            self.credits[said.item, said.actor] = "rejected"

    def _credit(self, kind: str, track: int, user: int, owner: int, *, teller: int, hearer: int) -> None:
        group = f"track_id:{track}:collaborator_user_id:{user}:inviter_user_id:{owner}"
        data = {"track_id": track, "collaborator_user_id": user, "inviter_user_id": owner}
        self._tell(kind, group, teller, hearer, data)

    def _tell(
        self, kind: str, group: str, specifier: int, user: int, data: dict[str, Any], *, slot: int | None = None
    ) -> None:
        number = self.number if slot is None else None
        self.told.setdefault((f"{kind}:{group}", str(specifier)), (kind, [user], data, number, slot, self.time))
