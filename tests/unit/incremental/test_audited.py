import pytest

from backbeat.cli.audit import _status
from backbeat.cli.findings import reasons, verdict
from backbeat.errors import Exit
from backbeat.incremental.ranges import SAMPLES_MAX, Audited, Difference, Outcome

WRONG = Difference("t", {"id": 1}, "n", 1, 2)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (Audited(), Outcome.NOTHING),
        (Audited(keys=3, unverifiable={"plays_pruned": 3}), Outcome.UNVERIFIABLE),
        (Audited(keys=3, same=1, unverifiable={"plays_pruned": 2}), Outcome.CLEAN),
        (Audited(keys=3, same=2, differing=1, samples=(WRONG,)), Outcome.DIFFERS),
    ],
)
def test_only_rows_that_were_compared_are_clean(found: Audited, outcome: Outcome) -> None:
    assert found.outcome is outcome


def test_ranges_add_up() -> None:
    first = Audited(keys=2, same=1, differing=1, unverifiable={"a": 1}, samples=(WRONG,))
    second = Audited(keys=3, same=2, unverifiable={"a": 2, "b": 4})
    assert first.and_then(second) == Audited(
        keys=5, same=3, differing=1, unverifiable={"a": 3, "b": 4}, samples=(WRONG,)
    )


def test_a_report_holds_a_hundred_differences_at_most() -> None:
    many = Audited(differing=SAMPLES_MAX, samples=(WRONG,) * SAMPLES_MAX)
    assert len(many.and_then(many).samples) == SAMPLES_MAX
    assert many.and_then(many).differing == 2 * SAMPLES_MAX


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Audited(same=1), "clean"),
        (Audited(same=1, unverifiable={"a": 1}), "clean as far as it could be checked"),
        (Audited(same=1, differing=1, unverifiable={"a": 1}), "differs"),
        (Audited(unverifiable={"a": 1}), "unverifiable"),
    ],
)
def test_a_clean_audit_that_left_rows_out_says_so(found: Audited, said: str) -> None:
    assert verdict(found) == said
    assert reasons(found) == ["1 not checked: a"] * bool(found.unverifiable)


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([Outcome.CLEAN, Outcome.NOTHING], Exit.OK),
        ([Outcome.CLEAN, Outcome.DIFFERS], Exit.FAILURE),
        ([Outcome.NOTHING, Outcome.UNVERIFIABLE], Exit.UNVERIFIED),
        ([Outcome.NOTHING], Exit.UNVERIFIED),
    ],
)
def test_nothing_compared_is_an_exit_status_of_its_own(outcomes: list[Outcome], status: Exit) -> None:
    assert _status(outcomes) is status
