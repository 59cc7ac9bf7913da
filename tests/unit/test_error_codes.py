"""Every error code is in the reference, and a test meets it."""

import re
from functools import cache
from pathlib import Path

import error_codes

TESTS = Path(__file__).parents[1]
NEVER_TESTED = {  # and why no test brings it about
    "no_free_port": "needs every loopback port taken",
    "postgres_stop_failed": "needs a server that outlives SIGQUIT",
    "protoc_failed": "of the generator, which `make proto` runs for developers",
    "postgres_not_started": "a programmer's mistake: the call order of one class",
    "node_not_open": "a programmer's mistake: the call order of one class",
    "simulator_not_open": "a programmer's mistake: the call order of one class",
    "recording_closed": "a programmer's mistake: the call order of one class",
    "not_read": "is replaced before anybody sees it",
}


@cache
def codes() -> frozenset[str]:
    return frozenset(each.code for each in error_codes.raised())


def test_there_are_codes() -> None:
    assert len(codes()) > 80
    assert {"lease_lost", "job_unknown", "parameter_invalid", "setting_invalid"} <= codes()
    assert all(re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", code) for code in codes())


def test_the_reference_lists_what_the_source_raises() -> None:
    """If not: ``PYTHONPATH=tests python -m error_codes``."""
    assert error_codes.PAGE.read_text(encoding="utf-8") == error_codes.page()


def test_a_test_meets_every_code() -> None:
    paths = [path for path in TESTS.rglob("test_*.py") if path != Path(__file__)]
    named = {word for path in paths for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    assert codes() - NEVER_TESTED.keys() - named == set(), "write tests that bring these about, and check the code"


def test_what_no_test_meets_is_still_raised() -> None:
    assert set(NEVER_TESTED) <= codes()
