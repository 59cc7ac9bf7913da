"""Where the material lies that is used from beside the checkout and never copied into it."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("BACKBEAT_SHARED_DIR") or Path(__file__).parents[2] / "shared")


def shared_file(name: str) -> Path:
    """Return the file, or skip the test that asks for it."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not there; set BACKBEAT_SHARED_DIR to the folder that holds it")
    return path
