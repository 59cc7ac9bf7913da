"""Who signed: EIP-712 digests of entity transactions, personal messages, key recovery (domain: sections 6.1, 6.4)."""

from binascii import unhexlify
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from coincurve import PrivateKey, PublicKey
from sha3 import keccak_256

from backbeat.chain.model import ManageEntity
from backbeat.chain.networks import Network

# The network declares both ids with the alias "uint"; writing uint256 here would change every digest.
_ENTITY_TYPE: Final = (
    b"ManageEntity(uint userId,string entityType,uint entityId,string action,string metadata,bytes32 nonce)"
)
_DOMAIN_TYPE: Final = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_SIGNATURE_BYTES: Final = 65
_NONCE_BYTES: Final = 32
_RECOVERY_ID: Final = {27: b"\0", 28: b"\1"}
_PERSONAL_PREFIX: Final = b"\x19Ethereum Signed Message:\n"
_PERSONAL_RECOVERY_ID: Final = {**_RECOVERY_ID, 0: b"\0", 1: b"\1"}  # hardware wallets count from 0
_CACHED_TEXTS: Final = 256  # the network knows about 70 entity types and actions
_CACHED_TEXT_CHARS: Final = 64  # longer ones are no entity type and would only fill memory


class Signed(NamedTuple):
    """Who signed: lower-case address and 65-byte public key; and the 32 bytes that were signed."""

    address: str
    pubkey: bytes
    digest: bytes


class Verifier:
    """Recovers who signed an entity transaction on one network. Safe to use from several threads."""

    def __init__(self, network: Network) -> None:
        self._domain = domain_separator(network)

    def recover(self, entity: ManageEntity) -> tuple[str, bytes] | None:
        """Return the signer's lower-case address and 65-byte public key, None if nothing can be recovered.

        Never raises: ids that no uint can hold, text that is not Unicode and malformed signatures yield None.
        """
        found = self.examine(entity)
        return None if found is None else (found.address, found.pubkey)

    def examine(self, entity: ManageEntity) -> Signed | None:
        """Return what :meth:`recover` does, with the digest that was signed."""
        try:
            digest = _digest(self._domain, entity)
        except (ValueError, OverflowError):  # UnicodeEncodeError is a ValueError
            return None
        pubkey = recover_pubkey(digest, entity.signature)
        return None if pubkey is None else Signed(address_of(pubkey), pubkey, digest)


class Signer:
    """Signs entity transactions of one network with one private key of 32 bytes; deterministic (RFC 6979)."""

    def __init__(self, private_key: bytes, network: Network) -> None:
        self._key = PrivateKey(private_key)
        self._domain = domain_separator(network)
        self.pubkey = self._key.public_key.format(compressed=False)
        self.address = checksum_address(address_of(self.pubkey))

    def sign(self, user_id: int, entity_type: str, entity_id: int, action: str, metadata: str, nonce: str) -> str:
        """Return the signature as ``0x`` and 130 hex digits; raises what :func:`entity_digest` raises."""
        entity = ManageEntity(user_id, entity_type, entity_id, action, metadata, "", self.address, nonce)
        return self.sign_digest(_digest(self._domain, entity))

    def sign_digest(self, digest: bytes) -> str:
        """Return the signature over 32 bytes, as :meth:`sign` does."""
        return _signature(self._key, digest)


class PersonalSigner:
    """Signs personal messages with one private key of 32 bytes, ValueError for one that is none; deterministic."""

    def __init__(self, private_key: bytes) -> None:
        self._key = PrivateKey(private_key)
        self.address = checksum_address(address_of(self._key.public_key.format(compressed=False)))

    def sign(self, message: bytes) -> str:
        """Return the signature as ``0x`` and 130 hex digits."""
        return _signature(self._key, personal_digest(message))


def entity_digest(network: Network, entity: ManageEntity) -> bytes:
    """Return the 32 bytes that are signed; ids below zero raise OverflowError, broken text ValueError."""
    return _digest(domain_separator(network), entity)


def recover_pubkey(digest: bytes, signature: str) -> bytes | None:
    """Return the 65-byte public key behind a hex signature over ``digest``, None if it yields none."""
    return _recover(digest, _parse_signature(signature, _RECOVERY_ID))


def personal_digest(message: bytes) -> bytes:
    """Return the 32 bytes that a wallet signs for a text that it shows to its owner."""
    return keccak256(_PERSONAL_PREFIX + str(len(message)).encode() + message)


def personal_signer(message: bytes, signature: str) -> str | None:
    """Return the lower-case address that signed a personal message, None if nothing can be recovered."""
    pubkey = _recover(personal_digest(message), _parse_signature(signature, _PERSONAL_RECOVERY_ID))
    return None if pubkey is None else address_of(pubkey)


def address_of(pubkey: bytes) -> str:
    """Return the lower-case address of an uncompressed public key."""
    return "0x" + keccak256(pubkey[1:])[-20:].hex()


def checksum_address(address: str) -> str:
    """Return ``address`` (``0x`` and 40 hex digits) in the letter case of EIP-55."""
    digits = address[2:].lower()
    marks = keccak256(digits.encode()).hex()
    return "0x" + "".join(digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False))


def keccak256(data: bytes) -> bytes:
    """Return Keccak-256 as Ethereum uses it (not SHA3-256)."""
    return bytes(keccak_256(data).digest())


@lru_cache(maxsize=8)
def domain_separator(network: Network) -> bytes:
    """Return the EIP-712 domain separator of a network."""
    return keccak256(
        keccak256(_DOMAIN_TYPE)
        + keccak256(b"Entity Manager")
        + keccak256(b"1")
        + network.eip712_chain_id.to_bytes(32, "big")
        + unhexlify(network.verifying_contract[2:]).rjust(32, b"\0")
    )


_ENTITY_TYPE_HASH: Final = keccak256(_ENTITY_TYPE)


def _digest(domain: bytes, entity: ManageEntity) -> bytes:
    encoded = (
        _ENTITY_TYPE_HASH
        + entity.user_id.to_bytes(32, "big")
        + _hash_of(entity.entity_type)
        + entity.entity_id.to_bytes(32, "big")
        + _hash_of(entity.action)
        + keccak256(entity.metadata.encode())
        + _parse_nonce(entity.nonce)
    )
    return keccak256(b"\x19\x01" + domain + keccak256(encoded))


def _signature(key: PrivateKey, digest: bytes) -> str:
    signature = key.sign_recoverable(digest, hasher=None)
    return f"0x{signature[:64].hex()}{signature[64] + 27:02x}"


def _hash_of(text: str) -> bytes:
    return _hash_of_known(text) if len(text) <= _CACHED_TEXT_CHARS else keccak256(text.encode())


@lru_cache(maxsize=_CACHED_TEXTS)
def _hash_of_known(text: str) -> bytes:
    return keccak256(text.encode())


def _parse_nonce(nonce: str) -> bytes:
    return (_unhex(nonce) or b"")[:_NONCE_BYTES].ljust(_NONCE_BYTES, b"\0")


def _recover(digest: bytes, signature: bytes | None) -> bytes | None:
    if signature is None:
        return None
    try:
        return PublicKey.from_signature_and_message(signature, digest, hasher=None).format(compressed=False)
    except ValueError:
        return None


def _parse_signature(signature: str, recovery_ids: Mapping[int, bytes]) -> bytes | None:
    """Return r, s and the recovery id as coincurve takes them."""
    if len(signature) > 2 * _SIGNATURE_BYTES + 2:
        return None
    raw = _unhex(signature)
    if raw is None or len(raw) != _SIGNATURE_BYTES or raw[64] not in recovery_ids:
        return None
    return raw[:64] + recovery_ids[raw[64]]


def _unhex(text: str) -> bytes | None:
    try:
        return unhexlify(text.removeprefix("0x"))
    except ValueError:
        return None
