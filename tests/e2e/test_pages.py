"""What the tutorial, the howtos and other pages tell people to type and say they see then is so."""

import pytest
from depth import DEPTH
from pages.block import ROOT
from pages.playing import Player, Stage
from pages.scenes import PLACES
from pages.stages import FILES, SCENES, STAGES
from shared_dir import shared_file

pytestmark = [
    pytest.mark.slow,
    pytest.mark.newest,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(DEPTH != "long", reason="types every page for minutes: make histories asks for it"),
]


@pytest.mark.parametrize("name", SCENES)
def test_pages_show_what_is_seen(name: str) -> None:
    """If not, and the program is right: ``PYTHONPATH=tests python -m pages``."""
    if name == FILES:
        shared_file("recordings/mainnet-a.pb")  # or skipped
    wrong = []
    with PLACES[name]() as scene:
        for page in SCENES[name]:
            text = (ROOT / page).read_text(encoding="utf-8")
            for played in Player(STAGES.get(page, Stage()), scene).play(text):
                command = played.step.text.partition("\n")[0]
                wrong += [f"{page}, line {played.step.first}, {command!r}: {each}" for each in played.wrong]
    assert not wrong, "\n".join(wrong)
