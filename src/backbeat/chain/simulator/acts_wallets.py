"""Wallets beside a user's own, what lies in them, and keys to email addresses."""

from typing import Any, Final

import msgspec

from backbeat.chain.signatures import Signer, personal_digest
from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import Draft, act, flat, wrapped
from backbeat.chain.simulator.acts_access import bare
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.cohort import Cohort, Part, cohort
from backbeat.chain.simulator.population import SETTLING_CHAPTERS
from backbeat.chain.simulator.world import user_id

_THEN: Final = SETTLING_CHAPTERS
_DASHBOARD: Final = "dashboard"
_ROUND: Final = 4  # chapters in which a user and then a dashboard wallet is the one that connects them


@act("AssociatedWallet/Create", per_verse=1)
def associate_wallet(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Connect a second wallet, which proves itself by a personal message (section 5.9.1)."""
    return association(chapter, slot, _associate(chapter, slot))


def association(chapter: Chapter, slot: int, signs_for: int) -> Draft:
    """Return the AssociatedWallet/Create of a chapter and slot, whose wallet proves that it is a certain user's."""
    wallet = chapter.world.signer(_wallet_key(chapter, slot))
    proof = _signed(wallet, f"AudiusUserID:{user_id(signs_for)}")
    body = {"wallet_address": wallet.address, "chain": "eth", "signature": proof}
    return bare(_associate(chapter, slot), "AssociatedWallet", "Create", wrapped(body))


def remove_wallet(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Remove the wallet that was connected two chapters ago."""
    if chapter.number < _THEN:
        return None
    then = Chapter(chapter.world, chapter.number - _THEN)
    body = {"wallet_address": chapter.world.signer(_wallet_key(then, slot)).address, "chain": "eth"}
    return bare(_associate(then, slot), "AssociatedWallet", "Delete", wrapped(body))


def _wallet_key(chapter: Chapter, slot: int) -> str:
    return f"wallet/{chapter.number}/{slot}"


def _associate(chapter: Chapter, slot: int) -> int:
    return chapter.some_user(chapter.dice("AssociatedWallet/Create", slot))


def connect_dashboard(chapter: Chapter, slot: int, now: int) -> Draft:
    """Connect a wallet of the protocol's dashboard: one of user and wallet signs the transaction, the other a text."""
    those = Cohort(chapter.world, chapter.number, slot)
    user, wallet = those.user(Part.INVESTOR), those.address(_DASHBOARD)
    if chapter.number % _ROUND:
        message, key, signer = f"Connecting Audius protocol dashboard wallet {wallet} at {now}", "user_signature", user
        proof = {"message": message, "signature": _signed(those.world.user_signer(signer), message)}
        said = bare(user, "DashboardWalletUser", "Create", flat({"wallet": wallet, key: proof}))
        return msgspec.structs.replace(said, signer=those.key(_DASHBOARD))
    message = f"Connecting Audius user id {user_id(user)} at {now}"
    proof = {"message": message, "signature": _signed(those.world.signer(those.key(_DASHBOARD)), message)}
    return bare(user, "DashboardWalletUser", "Create", flat({"wallet": wallet, "wallet_signature": proof}))


def disconnect_dashboard(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """End it, as the user."""
    those = cohort(chapter, slot, _THEN)
    if those is None:
        return None
    return bare(those.user(Part.INVESTOR), "DashboardWalletUser", "Delete", flat({"wallet": those.address(_DASHBOARD)}))


def collect(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Arrange a collection."""
    those = Cohort(chapter.world, chapter.number, slot)
    return _arranged(those, "Create", {f"{those.address('token')}:::1": {}, "order": [f"{those.address('token')}:::1"]})


def arrange(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Arrange it again; every other time nothing is left of it."""
    those = cohort(chapter, slot, _THEN)
    return those and _arranged(those, "Update", {} if chapter.number % _ROUND == 1 else {"order": []})


def _arranged(those: Cohort, action: str, collectibles: dict[str, Any]) -> Draft:
    return bare(those.user(Part.COLLECTOR), "Collectibles", action, wrapped({"collectibles": collectibles}))


def add_email(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Keep an encrypted address, with a key for a confidant."""
    those = Cohort(chapter.world, chapter.number, slot)
    owner = those.user(Part.CORRESPONDENT)
    email = words.base32_of(those.world.user_dice(owner), 40)
    body = _keys(those, Part.CORRESPONDENT, Part.CONFIDANT) | {"encrypted_email": email}
    return bare(owner, "EncryptedEmail", "AddEmail", wrapped(body))


def hand_on(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Hand a key to an address on."""
    those = cohort(chapter, slot, _THEN)
    return those and handing_on(those, Part.CONFIDANT)


def handing_on(those: Cohort, grantor: Part) -> Draft:
    """Return the EmailAccess/Update by one who has the key, or has not."""
    body = _keys(those, grantor, Part.LAST_TO_KNOW)
    return bare(those.user(grantor), "EmailAccess", "Update", wrapped(body))


def _keys(those: Cohort, grantor: Part, receiver: Part) -> dict[str, Any]:
    grant = {
        "receiving_user_id": user_id(those.user(receiver)),
        "grantor_user_id": user_id(those.user(grantor)),
        "encrypted_key": words.base32_of(those.world.user_dice(those.user(receiver)), 40),
        "is_initial": grantor is Part.CORRESPONDENT,
    }
    return {"email_owner_user_id": user_id(those.user(Part.CORRESPONDENT)), "access_grants": [grant]}


def _signed(signer: Signer, message: str) -> str:
    return signer.sign_digest(personal_digest(message.encode()))
