"""Whether a wallet signed a text (domain: chain and entities, 5.7.1 and 5.9).

Such a signature stands in the payload, beside the one of the transaction. A handler that runs again finds what it asked
before.
"""

from base64 import b64decode
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from backbeat.chain.ed25519 import SIGNATURE_BYTES, is_signed
from backbeat.chain.signatures import personal_signer
from backbeat.index.payload.base58 import ADDRESS_BYTES, decode
from backbeat.index.payload.metadata import Payload, text
from backbeat.index.wire.stamp import unix_seconds

TEXT_CHARACTERS_MAX = 300  # of what is signed; the longest that clients make has 97
SIGNATURE_CHARACTERS_MAX = 132  # 65 bytes in hex
SECONDS_DIGITS_MAX = 11  # the next five thousand years
KEPT = 1_024  # answers: some 1 MB at the longest


class Proof(NamedTuple):
    """A text and the signature that a wallet put under it."""

    message: str
    signature: str


def proof_of(payload: Payload, key: str) -> Proof | None:
    """Return the proof under a key, ``{"message": ..., "signature": ...}``; None without one of reasonable length."""
    sent = payload.get(key)
    if not isinstance(sent, dict):
        return None
    return bounded_proof(text(sent, "message"), text(sent, "signature"))


def bounded_proof(message: str, signature: str) -> Proof | None:
    """Return a proof, None where message or signature is missing or longer than any."""
    if 0 < len(message) <= TEXT_CHARACTERS_MAX and 0 < len(signature) <= SIGNATURE_CHARACTERS_MAX:
        return Proof(message, signature)
    return None


@lru_cache(KEPT)
def eth_signer(proof: Proof) -> str | None:
    """Return the lower-case address that signed a personal message, None if none did."""
    return personal_signer(proof.message.encode(), proof.signature)


@lru_cache(KEPT)
def is_signed_by_sol(wallet: str, proof: Proof) -> bool:
    """Tell whether the Solana wallet signed the text; the signature is in hex, base64 or base58."""
    public_key, signature = decode(wallet, ADDRESS_BYTES), _signature(proof.signature)
    if public_key is None or signature is None or len(signature) != SIGNATURE_BYTES:
        return False
    return is_signed(public_key, proof.message.encode(), signature)


def is_timely(seconds: str, now: datetime, within: int) -> bool:
    """Tell whether a text is a Unix time no more than ``within`` seconds from ``now``, before it or after."""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= SECONDS_DIGITS_MAX):
        return False
    return abs(int(seconds) - unix_seconds(now)) <= within


def _signature(spelt: str) -> bytes | None:
    try:
        if len(spelt) >= 2 * SIGNATURE_BYTES:
            return bytes.fromhex(spelt.removeprefix("0x"))
        if spelt.endswith("="):
            return b64decode(spelt, validate=True)
    except ValueError:
        return None
    return decode(spelt, SIGNATURE_BYTES)
