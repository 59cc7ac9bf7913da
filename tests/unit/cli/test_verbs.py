import subprocess
import sys

import pytest

from backbeat.cli.verbs import VERBS, Verb, load
from builders.terminal import backbeat

LOADED_BY_HELP = """
import sys
from backbeat.cli.main import app
try:
    app(["--help"])
finally:
    print(*sorted(name for name in sys.modules if name.partition(".")[0] in ("backbeat", "psycopg", "grpc")))
"""


LIGHT = ("cli", "cli.main", "cli.verbs", "errors", "masking")


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_list_says_of_each_verb_what_its_own_help_begins_with(verb: Verb) -> None:
    said = " ".join(load(verb.name).help.split())
    assert said == verb.summary or said.startswith(f"{verb.summary} ")


def test_help_lists_every_verb() -> None:
    out = backbeat("--help", env={"COLUMNS": "200"}).out
    assert all(f" {verb.name} " in out and verb.summary in out for verb in VERBS)


def test_help_imports_neither_verbs_nor_the_driver() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED_BY_HELP], capture_output=True, check=True, text=True)
    loaded = done.stdout.splitlines()[-1].split()
    assert loaded == ["backbeat", *(f"backbeat.{name}" for name in LIGHT)]


def test_an_unknown_verb_is_told_the_nearest() -> None:
    assert "Did you mean 'status'" in backbeat("statsu").err
