"""Base58, the text form of Solana addresses."""

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
ADDRESS_BYTES = 32
CHARACTERS_PER_BYTE = 1.37  # at most, of 32 bytes and more


def is_address(text: str) -> bool:
    """Tell whether the text is the one spelling of exactly 32 bytes."""
    return decode(text, ADDRESS_BYTES) is not None


def decode(text: str, size: int) -> bytes | None:
    """Return the bytes of which the text is the one spelling, None unless they are ``size``."""
    if len(text) > size * CHARACTERS_PER_BYTE + 1 or not all(character in VALUES for character in text):
        return None
    number = 0
    for character in text:
        number = number * len(ALPHABET) + VALUES[character]
    zeros = len(text) - len(text.lstrip(ALPHABET[0]))  # each leading zero byte is written as one leading "1"
    return number.to_bytes(size, "big") if zeros + (number.bit_length() + 7) // 8 == size else None
