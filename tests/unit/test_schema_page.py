"""The reference page of the schema says what the files say."""

import pytest
from schema_page import PAGE, page, said

from backbeat.db.objects import ObjectKey
from backbeat.db.objects import read as objects


def test_the_page_is_made_of_the_files() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: PYTHONPATH=tests python -m schema_page"


@pytest.mark.parametrize("key", objects(), ids=str)
def test_every_object_says_what_it_is(key: ObjectKey) -> None:
    assert len(said(objects()[key])) > 10
