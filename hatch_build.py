"""What the package says of itself that follows from other files: its addresses, and the README for a package index.

An index shows the README by itself, so a link to a file beside it would be broken there. With an address in
``pyproject.toml`` such links become absolute; without one they become their words, and a last sentence says where the
documents are.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
WHERE = """
## Documentation

The documents that are named here are in the source distribution; begin with its `docs/README.md`.
"""


class Addresses(NamedTuple):
    """Where the project is published: its page, and patterns for a file's page and for a file as it is."""

    home: str
    files: str
    raw: str
    version: str

    def page(self, path: str) -> str:
        """Return the address of a file's page."""
        return self.files.format(home=self.home, version=self.version, path=path)

    def picture(self, path: str) -> str:
        """Return the address of a file as it is."""
        return self.raw.format(home=self.home, version=self.version, path=path)

    def named(self) -> dict[str, str]:
        """Return the addresses that an index shows beside the text."""
        if not self.home:
            return {}
        return {
            "Homepage": self.home,
            "Documentation": self.page("docs/README.md"),
            "Changelog": self.page("CHANGELOG.md"),
            "Security": self.page("SECURITY.md"),
        }


def by_itself(readme: str, addresses: Addresses) -> str:
    """Return the README as it can be read away from the files beside it."""
    if addresses.home:
        return LINK.sub(lambda found: _absolute(found, addresses), readme)
    kept = [LINK.sub(_words, each) for each in _without_pictures(readme.split("\n\n")) if not _only_links(each)]
    return "\n\n".join(kept).rstrip() + "\n" + WHERE


def _without_pictures(paragraphs: Iterable[str]) -> Iterator[str]:
    """Yield all but pictures and the captions in italics below them."""
    below = False
    for each in paragraphs:
        is_caption = below and each.startswith("*") and each.endswith("*")
        below = each.startswith("![")
        if not below and not is_caption:
            yield each


def _only_links(paragraph: str) -> bool:
    return bool(LINK.search(paragraph)) and not re.search(r"\w", LINK.sub("", paragraph))


def _absolute(found: re.Match[str], addresses: Addresses) -> str:
    picture, words, target = found.groups()
    if _leads_away(target):
        return found[0]
    return f"{picture}[{words}]({addresses.picture(target) if picture else addresses.page(target)})"


def _words(found: re.Match[str]) -> str:
    return found[0] if _leads_away(found[3]) else found[2]


def _leads_away(target: str) -> bool:
    """Say whether a link means the same wherever it is read."""
    return "://" in target or target.startswith("#")


class Hook(MetadataHookInterface):
    """Asked by hatchling for the fields that ``pyproject.toml`` declares dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the README and the addresses."""
        settings: Mapping[str, str] = self.config
        addresses = Addresses(settings["home"], settings["files"], settings["raw"], str(metadata["version"]))
        readme = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": by_itself(readme, addresses)}
        metadata["urls"] = addresses.named()
