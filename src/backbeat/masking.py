"""Masks secrets in any text, by their form and by their value.

By form: passwords and tokens in addresses and connection strings. By value: the secrets that this process was given,
as they are and percent-encoded, see :func:`keep`. Every repetition in a pattern is bounded, so that a text of strangers
costs time by its length.
"""

import os
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote, unquote_plus

MASK = "***"
VALUE_CHARACTERS_MIN = 4  # a shorter secret stands in too many words
ANYWHERE_CHARACTERS_MIN = 12
"""A shorter secret is masked where it stands by itself: within a longer word the mask would tell what it is."""

# parameters of libpq, of its other drivers and of web addresses
_CORE = r"(?:pass(?:word|wd|phrase|file)|secret|token|api_?key|private_?key|access_?key|scram_\w{1,10}_key|\bpwd\b)"
_KEY = rf"\w{{0,40}}{_CORE}\w{{0,40}}"
SECRET_NAME = re.compile(rf"{_CORE}|authorization", re.IGNORECASE)

_USER_PART = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]{0,30}://)(?P<user>[^\s/?#\"'<>]{0,2000})@", re.IGNORECASE)
# a password that should have been percent-encoded
_RAW_USER_PART = re.compile(r"(?P<start>\bpostgres[a-z0-9+]{0,20}://[^\s:/@]{0,200}:)[^\s@]{0,2000}@", re.IGNORECASE)
_PARAMETER = re.compile(r"(?P<mark>[?&;])(?P<name>[\w.%+-]{1,100})=(?P<value>[^\s&;#\"'<>]*)")
_KEYWORD = re.compile(
    rf"(?P<start>(?<![\w?&;]){_KEY}[\"']?\s{{0,5}}[=:]\s{{0,5}})"
    r"(?P<value>'(?:[^'\\]|\\.)*'?|\"(?:[^\"\\]|\\.)*\"?|(?:\\.|[^\s\\])+)",
    re.IGNORECASE | re.DOTALL,
)
_BEARER = re.compile(r"(?P<start>\b(?:bearer|basic)\s{1,5})[\w.~+/=-]{12,}", re.IGNORECASE)
_ENVIRONMENT = ("PGPASSWORD", "PGPASSFILE")

_kept: tuple[re.Pattern[str], ...] = ()


def keep(secrets: Iterable[str]) -> None:
    """Mask these values from now on, whatever stands around them; a further call replaces them."""
    global _kept  # noqa: PLW0603 - a process has one set of secrets, and every way out asks for it
    forms = {form for secret in secrets for form in _forms(secret) if len(secret) >= VALUE_CHARACTERS_MIN}
    _kept = tuple(map(_pattern, sorted(forms, key=len, reverse=True)))


def mask(text: str) -> str:
    """Return ``text`` without any secret."""
    for secret in _kept:
        text = secret.sub(MASK, text)
    text = _RAW_USER_PART.sub(rf"\g<start>{MASK}@", text)
    text = _USER_PART.sub(_masked_user, text)
    text = _PARAMETER.sub(_masked_parameter, text)
    text = _KEYWORD.sub(rf"\g<start>{MASK}", text)
    return _BEARER.sub(rf"\g<start>{MASK}", text)


def _pattern(secret: str) -> re.Pattern[str]:
    exact = re.escape(secret)
    if len(secret) >= ANYWHERE_CHARACTERS_MIN:
        return re.compile(exact)
    before = r"(?<![^\W_])" if secret[0].isalnum() else ""
    behind = r"(?![^\W_])" if secret[-1].isalnum() else ""
    return re.compile(f"{before}{exact}{behind}")


def secrets_in(address: str) -> tuple[str, ...]:
    """Return the secrets in an address or a connection string, decoded, and as they stand where that differs."""
    found = _of_url(address) if "://" in address else _of_keywords(address)
    return tuple(dict.fromkeys(value for value in (*_of_parameters(address), *found) if value))


def secrets_of_environment() -> tuple[str, ...]:
    """Return the secrets that the driver takes from the environment by itself."""
    return tuple(value for name in _ENVIRONMENT if (value := os.environ.get(name)))


def _of_parameters(address: str) -> Iterator[str]:
    for each in _PARAMETER.finditer(address):
        if SECRET_NAME.search(unquote(each["name"])):
            yield from (unquote(each["value"]), unquote_plus(each["value"]), each["value"])


def _of_url(address: str) -> Iterator[str]:
    name, colon, password = _user_part(address).partition(":")
    if colon or not _is_database(address):
        raw = password if colon else name
        yield from (unquote(raw), raw)
        # what the driver quotes of a password that should have been percent-encoded
        yield from (part for part in re.split("[@/?#:]", raw) if part != raw)


def _user_part(address: str) -> str:
    rest = address.partition("://")[2]
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return authority.rpartition("@")[0]
    path = rest.partition("?")[0]
    if "@" in path:
        return path.rpartition("@")[0]
    port = authority.rpartition(":")[2]
    is_password = ":" in authority and not port.isdigit()
    return rest.rpartition("@")[0] if is_password else ""


def _of_keywords(text: str) -> Iterator[str]:
    for each in _KEYWORD.finditer(text):
        value = each["value"]
        inner = value.removeprefix("'").removesuffix("'") if value.startswith("'") else value
        yield re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL)
        yield inner


def _forms(secret: str) -> set[str]:
    encoded = {
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
    }
    lower = {re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), form) for form in encoded}
    escaped = secret.replace("\\", "\\\\").replace("'", "\\'")
    return {secret, escaped, repr(secret)[1:-1], *encoded, *lower}


def _masked_user(found: re.Match[str]) -> str:
    name, colon, _ = found["user"].partition(":")
    if colon:
        return f"{found['scheme']}{name}:{MASK}@"
    return found.group() if _is_database(found["scheme"]) else f"{found['scheme']}{MASK}@"


def _is_database(address: str) -> bool:
    return address.lower().startswith("postgres")


def _masked_parameter(found: re.Match[str]) -> str:
    if SECRET_NAME.search(unquote(found["name"])):
        return f"{found['mark']}{found['name']}={MASK}"
    return found.group()
