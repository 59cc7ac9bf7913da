"""What a measurement of one program beside another takes, and how it tells its figures."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from bench.programs import add_before


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that all such measurements take."""
    place = Path(tempfile.gettempdir())
    add_before(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the figures as JSON")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--quick", action="store_true", help="a smoke run of seconds; its figures mean nothing")
    parser.add_argument("--data-dir", type=Path, default=place, help="where the servers' files go")


def write(found: Any, options: argparse.Namespace) -> None:
    """Write the figures where they are wanted as JSON."""
    text = msgspec.json.format(msgspec.json.encode(found)).decode() + "\n"
    if options.json:
        sys.stdout.write(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def ratio(before: float | None, after: float) -> str:
    """Return a table's cell that says how many times the one before is of the one after."""
    return f"x {before / after:.2f}" if before is not None and after else ""
