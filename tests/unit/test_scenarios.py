"""Every worked scenario of the rules has a test that names its number, or a reason why it has none."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parents[1]
TEST = re.compile(r"^(?:async )?def test_((?:scenario_)?)((?:s?\d+_)+)", re.MULTILINE)
BLOCK_LOOP = "conformance/test_block_loop.py"
OF_DERIVED_STATE = ("integration/trending/", "integration/scores/")


class Document(NamedTuple):
    """A document of rules, and the scenarios of it that no test names."""

    last: int
    unnamed: dict[int, str]


DOCUMENTS = {
    "chain and entities": Document(160, {}),
    "derived state": Document(
        60,
        {
            25: "the same as S56 to S58 of the challenges",
            56: "the same as 19 and 20 of chain and entities",
        },
    ),
    "challenges": Document(65, {}),
}


def named() -> Iterator[tuple[str, int]]:
    """Yield document and number of every scenario that the name of a test begins with."""
    for path in TESTS.rglob("test_*.py"):
        place = path.relative_to(TESTS).as_posix()
        for scenario, numbers in TEST.findall(path.read_text(encoding="utf-8")):
            document = _document(place, is_scenario=bool(scenario), is_lettered=numbers.startswith("s"))
            yield from ((document, int(number)) for number in re.findall(r"\d+", numbers))


def _document(place: str, *, is_scenario: bool, is_lettered: bool) -> str:
    if is_scenario or place == BLOCK_LOOP:
        return "chain and entities"
    if not is_lettered or place.startswith(OF_DERIVED_STATE):
        return "derived state"
    return "challenges"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_scenario_has_a_test_that_names_it(name: str) -> None:
    last, unnamed = DOCUMENTS[name]
    found = {number for document, number in named() if document == name}
    assert found <= set(range(1, last + 1))
    assert set(range(1, last + 1)) - found == unnamed.keys()
