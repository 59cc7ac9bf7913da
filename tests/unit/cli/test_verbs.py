import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from backbeat import __version__
from backbeat.cli.examples import EXAMPLES
from backbeat.cli.verbs import VERBS, Verb, load
from backbeat.errors import Exit
from builders.terminal import backbeat
from builders.verbs import verbs

LOADED_BY_HELP = """
import sys
from backbeat.cli.main import app
try:
    app(["--help"])
finally:
    print(*sorted(name for name in sys.modules if name.partition(".")[0] in ("backbeat", "psycopg", "grpc")))
"""


LIGHT = (
    *("cli", "cli.examples", "cli.global_options", "cli.groups", "cli.main", "cli.streams", "cli.usage", "cli.verbs"),
    *("errors", "masking"),
)


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
    answer = backbeat("statsu")
    assert "cure: Did you mean 'status'? See `backbeat --help`." in answer.err
    assert answer.status == Exit.USAGE


@pytest.mark.parametrize(
    "command",
    [("status",), ("jobs", "list"), ("rejected", "show", "1.0"), ("digest",), ("trending", "indexes", "list")],
)
def test_global_options_stand_before_the_verb_or_behind_it(command: tuple[str, ...], tmp_path: Path) -> None:
    before = ("--data-dir", str(tmp_path / "none"), "--json")
    behind = backbeat(*command, *before)
    assert json.loads(behind.err)["error"]["code"] in {"database_not_there", "database_not_running"}
    assert backbeat(*before, *command) == behind
    assert backbeat(command[0], *before, *command[1:]) == behind


def test_a_mistake_is_one_json_object_for_programs() -> None:
    answer = backbeat("--json", "jobs", "show")
    assert answer.status == Exit.USAGE
    assert json.loads(answer.err)["error"] == {
        "code": "command_line_invalid",
        "message": "Missing argument 'NAME'.",
        "cure": "See `backbeat jobs show --help`.",
    }


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_an_option_too(option: str) -> None:
    assert backbeat(option).out == f"backbeat {__version__}\n"


def test_every_verb_has_examples_and_each_is_understood() -> None:
    leaves = {" ".join(path) for path in verbs()}
    assert set(EXAMPLES) - {""} == leaves
    for path, lines in EXAMPLES.items():
        for line in lines:
            words = [word for word in shlex.split(line) if "=" not in word.partition("'")[0] or word.startswith("-")]
            assert words[0] == "backbeat"
            given = words[1 : words.index("--")] if "--" in words else words[1:]
            answer = backbeat(*[word.replace("COMMAND", "jobs") for word in given], "--help")
            assert answer.status == Exit.OK, (path, line, answer.err)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_completion(shell: str) -> None:
    script = backbeat(env={"_BACKBEAT_COMPLETE": f"source_{shell}"})
    assert "_BACKBEAT_COMPLETE" in script.out
    words = {
        "_TYPER_COMPLETE_ARGS": "backbeat jobs pa",
        "COMP_WORDS": "backbeat jobs pa",
        "COMP_CWORD": "2",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    assert "pause" in backbeat(env={"_BACKBEAT_COMPLETE": f"complete_{shell}", **words}).out
