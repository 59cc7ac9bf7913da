"""Signatures of Solana wallets: Ed25519 (domain: sections 5.9.1 and 6.4)."""

from Crypto.PublicKey.ECC import EccKey
from Crypto.Signature import eddsa

SIGNATURE_BYTES = 64
_COFACTOR = 8


def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the key of 32 bytes signed the message.

    Never raises. A key of small order, such as the address of Solana's system program, has signed nothing: whatever is
    signed fits it.
    """
    try:
        key = eddsa.import_public_key(public_key)
        eddsa.new(key, "rfc8032").verify(message, signature)
    except ValueError:
        return False
    return not _is_small(key)


def _is_small(key: EccKey) -> bool:
    return (key.pointQ * _COFACTOR).is_point_at_infinity()
