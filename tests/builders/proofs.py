"""Texts that wallets sign beside transactions, as payloads carry them."""

from backbeat.chain.signatures import personal_digest
from builders.chain import WALLETS

SIGNED_AT = 1_767_323_045  # what the scenarios call B


def signed_text(key: int, message: str) -> dict[str, str]:
    """Return the message with the signature of wallet ``key`` (1 to 9)."""
    return {"message": message, "signature": WALLETS[key].sign_digest(personal_digest(message.encode()))}


def app_signature(key: int, at: int = SIGNED_AT) -> dict[str, str]:
    """Return what proves that the app's address wants to be one."""
    return signed_text(key, f"Creating Audius developer app at {at}")
