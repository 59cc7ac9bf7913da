"""The reviewed list of changes that change nothing a test could see, each with the reason: ``equivalent.toml``."""

import tomllib
from pathlib import Path

from mutants.mutant import Mutant

LIST = Path(__file__).with_name("equivalent.toml")


def equivalents() -> dict[tuple[str, str, str], str]:
    """Return the reason for each judged change, by its identity."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8")).get("equivalent", [])
    return {(entry["path"], entry["before"], entry["after"]): entry["why"] for entry in entries}


def as_entry(mutant: Mutant) -> str:
    """Return the entry that would excuse the mutant; the reason is for a person to write."""
    fields = zip(("path", "before", "after"), mutant.identity, strict=True)
    return "\n".join(["[[equivalent]]", *(f"{name} = {_literal(value)}" for name, value in fields), 'why = ""'])


def _literal(value: str) -> str:
    return f"'''{value}'''" if "'" in value else f"'{value}'"
