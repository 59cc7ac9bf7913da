"""The reference page of payloads says what the table says."""

from metadata_page import PAGE, page


def test_the_page_is_made_of_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: PYTHONPATH=tests python -m metadata_page"
