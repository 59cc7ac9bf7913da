"""Names are completed in every shell, without a database: asked as the shells ask."""

from pathlib import Path

import pytest

from builders.terminal import backbeat

CASES = (
    ("jobs pause trending.tr", "trending.tracks"),
    ("jobs run user_lis", "user_listening_history"),
    ("jobs pause --group trend", "trending"),
    ("jobs resume --group sco", "scores"),
    ("audit aggregates.us", "aggregates.users"),
    ("digest --table pla", "plays"),
    ("challenges explain 1 p", "p"),
    ("trending top --genre Elec", "Electronic"),
    ("rejected list --reason dup", "duplicate"),
    ("rejected replay --reason signer_", "signer_unauthorized"),
    ("rejected list --entity Tra", "Track"),
    ("rejected list --action Cre", "Create"),
    ("settings web.p", "web.port"),
    ("settings jo", "jobs"),
    ("status --log-level war", "warning"),
    ("migrate --phase p", "pre"),
)


def asked(shell: str, line: str) -> dict[str, str]:
    """Return what a shell's completion sets before it calls the program."""
    return {
        "_BACKBEAT_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": f"backbeat {line}",
        "COMP_WORDS": f"backbeat {line}",
        "COMP_CWORD": str(len(line.split())),
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(("line", "name"), CASES)
def test_a_name_is_completed(shell: str, line: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> None:
        raise AssertionError("completion opens no database")

    monkeypatch.setattr("backbeat.db.address.connect", opened)
    monkeypatch.chdir(tmp_path)
    answer = backbeat(env=asked(shell, line))
    assert f'"{name}"' in answer.out or name in answer.out.split()
    assert not [*tmp_path.iterdir()], "nothing was made"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_nothing_begins_with_is_completed_to_nothing(shell: str) -> None:
    answer = backbeat(env=asked(shell, "jobs pause nothing-begins-so"))
    assert "nothing" not in answer.out
    assert "Traceback" not in answer.err
