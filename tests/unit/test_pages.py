"""Pages as steps, and what they show held to what is printed; `e2e/test_pages.py` plays them."""

from pathlib import Path

import pytest
from pages.block import blocks, name, pages, steps
from pages.pattern import differences
from pages.playing import Played, Stage, begins, goes_on, spelt_out
from pages.rewriting import rewritten
from pages.stages import SCENES, STAGES

LANGUAGES = {"", "toml", "sql"}
"""What is run, or used, where a page has it; anything else has to be listed."""
FIGURES = {"text"}
PAGE = """\
Do this:

    backbeat jobs list      # all
    Job    Age  Rows
    ────────────────
    plays  3 s     1
    ...

* and a list

      export A=1
      A=1 backbeat up \\
          --port 1

Then it says

    At the tip: block 6

```toml
[jobs]
```
"""
PRINTED = [
    "Job     Every  Age  Rows",
    "────────────────────────",
    "plays    30 s  5 s    12",
    "tips     30 s  5 s     2",
]


def test_blocks_are_commands_with_what_they_print() -> None:
    assert [(step.text, step.printed) for step in steps(PAGE)] == [
        ("backbeat jobs list", ("Job    Age  Rows", "────────────────", "plays  3 s     1", "...")),
        ("export A=1", ()),
        ("A=1 backbeat up --port 1", ()),
        ("", ("At the tip: block 6",)),
        ("[jobs]", ()),
    ]


def played(shown: str) -> list[str]:
    return differences(shown.split("\n"), PRINTED)


def test_numbers_and_widths_may_differ_and_columns_be_left_out() -> None:
    assert played("Job  Age  Rows\n───\nplays  3 s  1,004\ntips  700 ms  0") == []


@pytest.mark.parametrize(
    ("shown", "wrong"),
    [
        ("...\nJob  Took\n───\n...", "is not printed: 'Job  Took'"),
        ("Job  Age\n───\nplays  3 s  1", "is not shown: 'tips     30 s  5 s     2'"),
        ("Job  Age\n───\nsaves  3 s  1\n...", "is not printed: 'saves  3 s  1'"),
        ("Job  Age\n───\ntips  3 s  1", "is not shown: 'plays    30 s  5 s    12'"),
    ],
)
def test_what_differs_is_found(shown: str, wrong: str) -> None:
    assert played(shown) == [wrong]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("plays: clean, 1 row compared.", "plays: clean, 12,000 rows compared."),
        ("block 642 of 642, 0 s behind, last block 730 ms old", "block 7 of 8, 1 s behind, last block 1.2 s old"),
        ("3b0e41d2c8a94f06b1e7750a2c9d6f13", "00ff41d2c8a94f06b1e7750a2c9d6f13"),
        ("serving x at grpc://127.0.0.1:50051, 600 blocks so far", "serving x at grpc://127.0.0.1:43, 1 block so far"),
        ("error: no answer: …", "error: no answer: a [long] (tale)"),
    ],
)
def test_what_differs_from_run_to_run_is_no_difference(shown: str, printed: str) -> None:
    assert differences([shown], [printed]) == []
    assert bool(differences([shown], [printed], exact=True)) == ("…" not in shown)


def test_a_word_that_differs_is_one() -> None:
    assert differences(["x is paused."], ["x is resumed."])
    assert not differences(["b"], ["a", "b", "c"], among=True)


def test_a_page_is_written_again_with_what_is_printed_now() -> None:
    first, *others = steps(PAGE)
    again = rewritten(PAGE, [Played(first, PRINTED, ["is not shown: 'x'"]), *(Played(each, [], []) for each in others)])
    assert again == PAGE.replace(
        "Job    Age  Rows\n    ────────────────\n    plays  3 s     1", "\n    ".join(PRINTED[:3])
    )


def test_commands_that_go_on_are_known() -> None:
    assert goes_on(spelt_out(["make", "run", "ARGS=--port 1"])[1:])
    assert goes_on(["jobs", "run", "--database", "x"])
    assert not goes_on(["jobs", "run", "plays.prune"])
    assert not goes_on(["up", "--exit-at-tip"])


def has_steps(page: Path) -> bool:
    return any(step.language not in FIGURES for step in steps(page.read_text("utf-8")))


every = pytest.mark.parametrize("page", [page for page in pages() if has_steps(page)], ids=name)


@every
def test_every_page_with_commands_is_played_once(page: Path) -> None:
    """If not, name it in a scene of ``pages.stages``."""
    assert sum(named.count(name(page)) for named in SCENES.values()) == 1


@every
def test_every_block_is_run_or_listed_with_a_reason(page: Path) -> None:
    text = page.read_text("utf-8")
    stage = STAGES.get(name(page), Stage())
    for block in blocks(text):
        told = "\n".join(block.lines)
        assert block.language in LANGUAGES | FIGURES or begins(told, stage.not_run) is not None, told
    begun = [step.text or "\n".join(step.printed) for step in steps(text)]
    for beginning in (*stage.not_run, *stage.statuses, *stage.before, stage.after_ctrl_c):
        assert any(told.startswith(beginning) for told in begun), f"nothing begins with {beginning!r} any more"


def test_make_run_is_what_is_typed_in_its_place() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text("utf-8")
    assert "\t@exec $(BIN)/backbeat up $(ARGS)\n" in makefile
