"""Base58, the text form of Solana addresses."""

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
ADDRESS_BYTES = 32
ADDRESS_CHARACTERS_MAX = 44


def is_address(text: str) -> bool:
    """Tell whether the text is the one spelling of exactly 32 bytes."""
    if len(text) > ADDRESS_CHARACTERS_MAX or not all(character in VALUES for character in text):
        return False
    number = 0
    for character in text:
        number = number * len(ALPHABET) + VALUES[character]
    zeros = len(text) - len(text.lstrip(ALPHABET[0]))  # each leading zero byte is written as one leading "1"
    return zeros + (number.bit_length() + 7) // 8 == ADDRESS_BYTES
