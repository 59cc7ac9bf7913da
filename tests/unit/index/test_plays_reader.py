"""Which reader of plays a program uses, and that it says so."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from backbeat.chain.model import Transaction
from backbeat.cli import doctor
from backbeat.clock import SystemClock
from backbeat.index import sources
from backbeat.index.followed import FollowedChain
from backbeat.settings import ChainSettings, Settings


def reads_nothing(_block: bytes, count: int, _check_hashes: bool) -> list[Transaction | None]:
    return [None] * count


def followed(*, native: bool) -> tuple[FollowedChain, list[Any]]:
    with capture_logs() as logs:
        chain = sources.followed_chain(Settings(chain=ChainSettings(native=native)), SystemClock())
    return chain, [each["native"] for each in logs if each["event"] == "plays_reader_chosen"]


def test_the_reader_that_is_installed_is_used_unless_a_setting_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "installed_reader", lambda: reads_nothing)
    chain, told = followed(native=True)
    assert (chain.read_plays, told) == (reads_nothing, [True])
    chain, told = followed(native=False)
    assert (chain.read_plays, told) == (None, [False])


def test_without_one_all_is_decoded_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "installed_reader", lambda: None)
    chain, told = followed(native=True)
    assert (chain.read_plays, told) == (None, [False])


@pytest.mark.parametrize(
    ("native", "installed", "said"),
    [
        (True, reads_nothing, "backbeat-native."),
        (True, None, "Python: no"),
        (False, reads_nothing, "Python: chain.nat"),
    ],
)
def test_the_doctor_says_which_is_used(
    monkeypatch: pytest.MonkeyPatch, native: bool, installed: Any, said: str
) -> None:
    monkeypatch.setattr(doctor, "installed_reader", lambda: installed)
    (check,) = [
        check
        for check in (judge(Settings(chain=ChainSettings(native=native))) for judge in doctor.OF_MACHINE)
        if check.name == "plays reader"
    ]
    assert check.ok
    assert check.detail.startswith(said)
