import re
from pathlib import Path
from typing import Any

import msgspec
import settings_page

from backbeat.settings import Settings
from backbeat.settings_layers import SECRET_FIELDS, flat, known_names

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.+?) \| `(BACKBEAT_[A-Z_]+)` \| (.+) \|$", re.MULTILINE)


def told(value: Any) -> str:
    if value in ("", [], (), {}):
        return "empty"
    return f"`{value}`" if isinstance(value, str) else f"`{msgspec.json.encode(value).decode()}`"


def test_the_reference_lists_every_setting_with_its_default_and_its_variable() -> None:
    rows = {name: (default, variable) for name, default, variable, _ in ROW.findall(REFERENCE.read_text("utf-8"))}
    wanted = {
        name: (told(value), f"BACKBEAT_{name.replace('.', '_').upper()}") for name, value in flat(Settings()).items()
    }
    assert rows == wanted


def test_the_reference_says_what_is_secret() -> None:
    secret = {name for name, _, _, text in ROW.findall(REFERENCE.read_text("utf-8")) if text.endswith("Secret")}
    assert secret == SECRET_FIELDS


def test_the_reference_is_what_the_code_says() -> None:
    """If not: ``PYTHONPATH=tests python -m settings_page``."""
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page()


def test_every_setting_says_what_it_does() -> None:
    assert set(settings_page.meanings()) == set(known_names())
