"""Play the pages, say what of them is not so, and put what is seen into them: all, or those whose names have a word."""

import sys
from contextlib import AbstractContextManager

from pages.block import ROOT
from pages.playing import Player, Scene, Stage
from pages.rewriting import rewritten
from pages.scenes import BLOCKS_OF_PAGES, PLACES, a_network
from pages.stages import NETWORK, SCENES, STAGES


def main(word: str) -> None:
    """Play what is chosen."""
    for name, pages in SCENES.items():
        if chosen := [page for page in pages if word in page]:
            with _place(name) as scene:
                for page in chosen:
                    _write_again(page, scene)


def _place(name: str) -> AbstractContextManager[Scene]:
    return a_network(BLOCKS_OF_PAGES) if name == NETWORK else PLACES[name]()


def _write_again(page: str, scene: Scene) -> None:
    text, played = (ROOT / page).read_text(encoding="utf-8"), []
    for each in Player(STAGES.get(page, Stage()), scene).play(text):
        played.append(each)
        for wrong in each.wrong:
            line = f"{page}:{each.step.first}: {each.step.text.splitlines()[:1]}: {wrong}"
            print(line, flush=True)  # noqa: T201 - what it is run for
    (ROOT / page).write_text(rewritten(text, played), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] else "")
