"""What the parser refuses is told in the same words whichever version of its library is installed."""

import pytest

from backbeat.cli.usage import _in_our_words


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("70000 is not in the range x<=65535.", "Input should be less than or equal to 65535."),
        ("0 is not in the range x>=1.", "Input should be greater than or equal to 1."),
        ("201 is not in the range 1<=x<=200.", "Input should be less than or equal to 200."),
        ("-1 is not in the range 1<=x<=200.", "Input should be greater than or equal to 1."),
        ("inf is not in the range 1.0<=x<=86400.0.", "Input should be less than or equal to 86400.0."),
        ("'x' is not a valid int range.", "'x' is not a valid integer."),
        ("'x' is not a valid int", "'x' is not a valid integer"),
        ("'x' is not a valid integer.", "'x' is not a valid integer."),
        ("No such option '--limt'.", "No such option: --limt."),
        ("No such option: --limt.", "No such option: --limt."),
        ("File '' does not exist.", "no file is named."),
        ("file '' is a directory.", "no file is named."),
        ("File '/a' does not exist.", "File '/a' does not exist."),
    ],
)
def test_it_is_told_in_our_words(said: str, told: str) -> None:
    assert _in_our_words(said) == told
