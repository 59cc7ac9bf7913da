"""How a check looks where lines are short, and where they are not."""

import io

import pytest
from rich.console import Console

from backbeat.cli.show import check_lines
from backbeat.observe.tree import Check

CHECK = Check("lag", ok=False, detail="25 blocks behind; the limit is 10.", cure="Wait while it catches up.")


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (100, ["FAIL lag: 25 blocks behind; the limit is 10.", "     cure: Wait while it catches up."]),
        (
            25,
            [
                "FAIL lag: 25 blocks",
                "     behind; the limit is",
                "     10.",
                "     cure: Wait while it",
                "     catches up.",
            ],
        ),
    ],
)
def test_what_does_not_fit_goes_on_below_itself(width: int, lines: list[str]) -> None:
    out = io.StringIO()
    Console(file=out, width=width).print(check_lines(CHECK))
    assert out.getvalue().splitlines() == lines
