"""From a title to the text of a link (domain: chain and entities, 5.2.8)."""

import re
import unicodedata

from backbeat.index.entities.ids import encode_id

NOT_IN_SLUGS = re.compile(r"""[!%#$&'()*+\u2019,/:;=?@\[\]\x00^."{}~]""")
NOT_IN_ROUTE_IDS = re.compile(r"""[!%`#$&'()*+,/:;=?@\[\]\x00]""")
SPACES = re.compile(r"\s+")
DASHES = re.compile(r"-{2,}")
SLUG_BYTES_MAX = 2_500  # an index entry must fit a third of a database page, 2,704 bytes


def title_slug(title: str, item_id: int) -> str:
    """Return the slug of a title before any suffix; the hashid of the item if the title leaves nothing."""
    bare = NOT_IN_SLUGS.sub("", unicodedata.normalize("NFC", title)).strip()
    return cut(_dashed(bare)) or encode_id(item_id)


def route_id(handle: str | None, owner_id: int, title: str) -> str:
    """Return the older kind of link text, ``handle/title``."""
    owner = handle.lower() if handle else f"user-{owner_id}"
    return f"{owner}/{_dashed(NOT_IN_ROUTE_IDS.sub('', title))}"


def cut(slug: str) -> str:
    """Return as much of a slug as can be indexed."""
    return slug.encode()[:SLUG_BYTES_MAX].decode(errors="ignore")


def _dashed(text: str) -> str:
    return DASHES.sub("-", SPACES.sub("-", text)).lower()
