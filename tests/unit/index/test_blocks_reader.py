"""Which reader of blocks a program uses, and that it says so."""

from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from backbeat.chain.native import NativeReader
from backbeat.cli import doctor
from backbeat.clock import SystemClock
from backbeat.index import sources
from backbeat.index.followed import FollowedChain
from backbeat.settings import ChainSettings, Settings

READER = NativeReader(SimpleNamespace(read_block=None, number_rows=None))  # type: ignore[arg-type] # stands for a module


def followed(*, native: bool) -> tuple[FollowedChain, list[Any]]:
    with capture_logs() as logs:
        chain = sources.followed_chain(Settings(chain=ChainSettings(native=native)), SystemClock())
    return chain, [each["native"] for each in logs if each["event"] == "blocks_reader_chosen"]


def test_the_reader_that_is_installed_is_used_unless_a_setting_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "installed_reader", lambda: READER)
    chain, told = followed(native=True)
    assert (chain.native, told) == (READER, [True])
    chain, told = followed(native=False)
    assert (chain.native, told) == (None, [False])


def test_without_one_all_is_decoded_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "installed_reader", lambda: None)
    chain, told = followed(native=True)
    assert (chain.native, told) == (None, [False])


@pytest.mark.parametrize(
    ("native", "installed", "said"),
    [
        (True, READER, "backbeat-native."),
        (True, None, "Python: no"),
        (False, READER, "Python: chain.nat"),
    ],
)
def test_the_doctor_says_which_is_used(
    monkeypatch: pytest.MonkeyPatch, native: bool, installed: Any, said: str
) -> None:
    monkeypatch.setattr(doctor, "installed_reader", lambda: installed)
    (check,) = [
        check
        for check in (judge(Settings(chain=ChainSettings(native=native))) for judge in doctor.OF_MACHINE)
        if check.name == "blocks reader"
    ]
    assert check.ok
    assert check.detail.startswith(said)
