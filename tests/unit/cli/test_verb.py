import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from backbeat.cli.up import require_settled
from backbeat.cli.verb import Json, verb
from backbeat.cli.verbs import VERBS, load
from backbeat.errors import ChainDataError, Exit, JobsFailedError
from backbeat.index.summary import Summary, Transactions
from backbeat.settings_layers import Loaded
from builders.terminal import backbeat

NOWHERE = Path("/nowhere/at/all")
SECRET_URL = "postgresql://me:hunter2@127.0.0.1:1/nowhere"  # noqa: S105 - made up
UNREACHABLE = "postgresql://me@127.0.0.1:1/nowhere"


@verb
async def fails(_loaded: Loaded, as_json: Json = False) -> None:  # noqa: ARG001 - read by the decorator
    """Fail on purpose."""
    raise ChainDataError("chain_gap", f"Block 7 is missing from {SECRET_URL}.", cure="Fetch it again.")


@verb
async def interrupted(_loaded: Loaded) -> None:
    """End as if Ctrl-C had been pressed."""
    raise KeyboardInterrupt


@verb
async def answers(_loaded: Loaded) -> int:
    """Answer no."""
    return Exit.FAILURE


class Fruit(msgspec.Struct, frozen=True, kw_only=True):
    """Options that travel together."""

    name: Annotated[str | None, typer.Option(help="Which.")] = None
    ripe: Annotated[bool, typer.Option("--ripe", help="Whether it is.")] = False


@verb
async def eats(_loaded: Loaded, fruit: Fruit, bites: int = 3) -> None:
    """Say what is eaten."""
    sys.stdout.write(f"{fruit!r} {bites}")


@verb
async def writes(_loaded: Loaded, as_json: Json = False) -> None:  # noqa: ARG001 - read by the decorator
    """Write where nobody may."""
    NOWHERE.write_text("")  # noqa: ASYNC240 - nothing else runs meanwhile


LITTLE = typer.Typer()
for each in (fails, interrupted, answers, eats, writes):
    LITTLE.command()(each)


def test_an_error_is_told_with_its_cure_and_its_own_exit_status() -> None:
    result = CliRunner().invoke(LITTLE, ["fails"])
    assert result.exit_code == Exit.DATA
    assert result.stdout == ""
    assert result.stderr.startswith("error: Block 7 is missing")
    assert result.stderr.endswith("\ncure: Fetch it again.\n")
    assert "hunter2" not in result.stderr


def test_an_error_is_one_json_object_for_programs() -> None:
    result = CliRunner().invoke(LITTLE, ["fails", "--json"])
    assert result.exit_code == Exit.DATA
    error = json.loads(result.stderr)["error"]
    assert (error["code"], error["cure"]) == ("chain_gap", "Fetch it again.")


def test_a_file_that_cannot_be_written_is_no_defect() -> None:
    result = CliRunner().invoke(LITTLE, ["writes", "--json"])
    assert result.exit_code == Exit.OUTPUT
    error = json.loads(result.stderr)["error"]
    assert error["code"] == "file_unusable"
    assert "'/nowhere/at/all'" in error["message"]


def test_a_run_that_is_to_end_settled_fails_where_a_job_did() -> None:
    summary = Summary(Transactions(), 0, 7, "chain", 7, ("trending.tracks",))
    with pytest.raises(JobsFailedError) as failed:
        require_settled(summary)
    assert failed.value.code == "jobs_unsettled"
    assert "`backbeat jobs show trending.tracks`" in failed.value.cure
    require_settled(None)


def test_ctrl_c_ends_with_130() -> None:
    assert CliRunner().invoke(LITTLE, ["interrupted"]).exit_code == 130


def test_a_verb_chooses_its_exit_status() -> None:
    assert CliRunner().invoke(LITTLE, ["answers"]).exit_code == 1


def test_a_struct_stands_for_its_options() -> None:
    assert CliRunner().invoke(LITTLE, ["eats"]).stdout == f"{Fruit()!r} 3"
    given = CliRunner().invoke(LITTLE, ["eats", "--name", "fig", "--ripe", "--bites", "4"])
    assert given.stdout == f"{Fruit(name='fig', ripe=True)!r} 4"
    refused = CliRunner().invoke(LITTLE, ["eats", "--name", b"\xff".decode("utf-8", "surrogateescape")])
    assert refused.exit_code == Exit.USAGE
    assert "name is not UTF-8" in refused.stderr


def paths(command: Any, *before: str) -> list[list[str]]:
    inner = command.commands if isinstance(command, TyperGroup) else {}
    return [path for name, each in inner.items() for path in paths(each, *before, name)] or [list(before)]


EVERY_VERB = [path for verb in VERBS for path in paths(load(verb.name), verb.name)]


@pytest.mark.parametrize("command", EVERY_VERB, ids=" ".join)
def test_every_verb_takes_the_global_options_and_json(command: list[str]) -> None:
    answer = backbeat(*command, "--help", env={"COLUMNS": "200"})
    assert answer.status == 0
    for option in ("--data-dir", "--database", "--config", "--log-level", "--json"):
        assert option in answer.out


@pytest.mark.parametrize("command", EVERY_VERB, ids=" ".join)
def test_every_verb_is_in_the_reference(command: list[str]) -> None:
    reference = (Path(__file__).parents[3] / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    told = " ".join(command).replace("jobs resume", "resume NAME")
    assert f"`backbeat {told}" in reference or f"`{told}`" in reference


@pytest.mark.parametrize(
    ("arguments", "env", "named"),
    [
        (["settings", "--log-level", "loud"], {}, "log.level (from flag)"),
        (["settings"], {"BACKBEAT_WEB_PORT": "many"}, "web.port (from environment)"),
        (["settings", "--config", "/nowhere/at/all.toml"], {}, "/nowhere/at/all.toml"),
    ],
)
def test_a_bad_setting_is_named_with_its_origin(arguments: list[str], env: dict[str, str], named: str) -> None:
    answer = backbeat(*arguments, env=env)
    assert answer.status == Exit.CONFIG
    assert named in answer.err
    assert "\ncure: " in answer.err


def test_settings_show_value_and_origin_and_hide_secrets(tmp_path: Path) -> None:
    file = tmp_path / "backbeat.toml"
    file.write_text('[web]\nport = 9000\ntoken = "sesame-open-sesame"\n', encoding="utf-8")
    env = {"BACKBEAT_LOG_FORMAT": "json"}
    answer = backbeat("settings", "--config", str(file), "--database", SECRET_URL, "--json", env=env)
    told = answer.json
    assert told["web.port"] == {"value": 9000, "origin": f"file {file}"}
    assert told["log.format"] == {"value": "json", "origin": "environment"}
    assert told["database.url"]["origin"] == "flag"
    assert told["index.batch_seconds"]["origin"] == "default"
    for text in (answer.out, backbeat("settings", "--config", str(file), "--database", SECRET_URL).out):
        assert "hunter2" not in text
        assert "sesame-open-sesame" not in text


def test_a_database_that_cannot_be_reached() -> None:
    answer = backbeat("status", "--database", UNREACHABLE, "--json")
    assert answer.status == Exit.UNAVAILABLE
    assert json.loads(answer.err)["error"]["code"] == "database_unreachable"


@pytest.mark.parametrize("command", [["status"], ["rejected", "list"], ["rejected", "show", "1.0"]])
def test_looking_where_nothing_runs_says_how_to_start_it(command: list[str], tmp_path: Path) -> None:
    answer = backbeat(*command, "--data-dir", str(tmp_path / "none"))
    assert answer.status == Exit.UNAVAILABLE
    assert "`backbeat up`" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_verb_is_a_matter_of_usage() -> None:
    assert backbeat("nonsense").status == Exit.USAGE


def test_python_m_backbeat_is_the_command_line() -> None:
    done = subprocess.run([sys.executable, "-m", "backbeat", "version", "--json"], capture_output=True, check=True)
    assert set(json.loads(done.stdout)) == {"backbeat", "python"}
