"""How a delegate proves to the notifier that it asks: the present time, signed (domain: derived state, 4.4, 1)."""

from base64 import b64encode
from binascii import unhexlify
from datetime import UTC, datetime, timedelta
from typing import Final

from backbeat.chain.signatures import PersonalSigner, keccak256
from backbeat.errors import ConfigError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_KEY_BYTES: Final = 32


def delegate(private_key: str) -> PersonalSigner:
    """Return who signs with a key of 64 hex digits, ``0x`` before them or not.

    Raises ConfigError, which does not repeat it, for any other text.
    """
    try:
        key = unhexlify(private_key.strip().removeprefix("0x"))
        if len(key) == _KEY_BYTES:
            return PersonalSigner(key)
    except ValueError:  # no hex digits, or no number that can be a key
        pass
    raise ConfigError(
        "delist_key_invalid",
        "The setting jobs.delegate_private_key is no private key.",
        cure="Set it to the 64 hex digits of the delegate wallet's key, or leave it empty.",
    )


def authorization(signer: PersonalSigner, now: datetime) -> str:
    """Return the header ``Authorization`` of a request that is made ``now``."""
    milliseconds = str((now - _EPOCH) // _MILLISECOND)
    signature = signer.sign(keccak256(milliseconds.encode()))
    return f"Basic {b64encode(f'{milliseconds}:{signature}'.encode()).decode()}"
