"""From a title to the text of a link (domain: chain and entities, 5.2.8)."""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby

from backbeat.index.payload.ids import encode_id

NOT_IN_SLUGS = re.compile(r"""[!%#$&'()*+\u2019,/:;=?@\[\]\x00^."{}~]""")
NOT_IN_ROUTE_IDS = re.compile(r"""[!%`#$&'()*+,/:;=?@\[\]\x00]""")
SPACES = re.compile(r"\s+")
DASHES = re.compile(r"-{2,}")
SLUG_BYTES_MAX = 2_500  # an index entry must fit a third of a database page, 2,704 bytes
SHORT = 64  # characters; the platform's normalisation takes the square of a run of marks, nothing for one this long
TITLES_KEPT = 256  # a title is asked for some four times in a row: by what is wanted, by the handler, by its repetition


def title_slug(title: str, item_id: int) -> str:
    """Return the slug of a title before any suffix; the hashid of the item if the title leaves nothing."""
    return _slug(title) or encode_id(item_id)


@lru_cache(TITLES_KEPT)
def _slug(title: str) -> str:
    return cut(_dashed(NOT_IN_SLUGS.sub("", composed(title)).strip()))


def composed(text: str) -> str:
    """Return the text in Unicode's form C, in time that grows as its length does however many marks a letter has."""
    if len(text) > SHORT and not text.isascii():
        text = "".join(map(_decomposed, text))
        runs = (sorted(run, key=unicodedata.combining) for _, run in groupby(text, _is_mark))
        text = "".join(character for run in runs for character in run)
    return unicodedata.normalize("NFC", text)


def route_id(handle: str | None, owner_id: int, title: str) -> str:
    """Return the older kind of link text, ``handle/title``."""
    owner = handle.lower() if handle else f"user-{owner_id}"
    return f"{owner}/{_dashed(NOT_IN_ROUTE_IDS.sub('', title))}"


def cut(slug: str) -> str:
    """Return as much of a slug as can be indexed."""
    return slug.encode()[:SLUG_BYTES_MAX].decode(errors="ignore")


def _decomposed(character: str) -> str:
    return unicodedata.normalize("NFD", character)


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) > 0


def _dashed(text: str) -> str:
    return DASHES.sub("-", SPACES.sub("-", text)).lower()
