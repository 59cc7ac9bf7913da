"""How far the tests go that could go on for ever: histories, examples, cuts.

``BACKBEAT_TEST_DEPTH`` is ``brief`` (the pass on the older server), ``usual`` (unset) or ``long`` (``make histories``,
``make chaos``).
"""

import os
from typing import TypeVar

DEPTHS = ("brief", "usual", "long")
DEPTH = os.environ.get("BACKBEAT_TEST_DEPTH") or "usual"

T = TypeVar("T")


def at_depth(brief: T, usual: T, long: T) -> T:
    """Return what the run at hand asks for."""
    return (brief, usual, long)[DEPTHS.index(DEPTH)]
