"""What a comparison comes to, in a sentence that lets an operator decide."""

from typing import Any

import pytest

from backbeat.observe.watched import TOLD, UNKNOWN, Cause, Problem, Verdict
from builders.statuses import watch

EQUAL = "Equal for 1 d, from height 1000 to 1232, in 3 rounds"


@pytest.mark.parametrize(
    ("differences", "changes", "verdict", "sentence"),
    [
        ((), {}, Verdict.EQUAL, f"{EQUAL}."),
        (
            (("plays", "missing there", Cause.PLAYS_LOST, 3), ("aggregate_plays", "differs", Cause.PLAYS_LOST, 2)),
            {},
            Verdict.EQUAL,
            f"{EQUAL} but for these known defects of theirs: plays of a block were lost (5 rows).",
        ),
        (
            (("users", "differs", UNKNOWN, 1), ("plays", "missing there", Cause.PLAYS_LOST, 1)),
            {"equal_seconds": None},
            Verdict.DIFFERENT,
            (
                "Different: 1 row for no known reason, in users. Known defects of theirs beside:"
                " plays of a block were lost (1 row)."
            ),
        ),
        (
            (),
            {"passed_over": 7},
            Verdict.DIFFERENT,
            "Different: 7 rows for no known reason, in more rows than are listed.",
        ),
        (
            (("user_challenges", "differs", Cause.RULES_DIFFER, 2),),
            {},
            Verdict.EQUAL,
            f"{EQUAL}. No defect is: rewards by other rules, as the catalogues have them (2 rows).",
        ),
        ((), {"rounds": 0}, Verdict.BEGUN, "So far equal in 1,200,000 rows; the first round has not ended."),
        (
            (("plays", "differs", "", 2),),
            {"problems": (Problem("milestones", "57014: too slow"),)},
            Verdict.WAITING,
            f"{EQUAL}. 2 rows changed at every look. Not compared as a whole: milestones.",
        ),
    ],
)
def test_the_sentence(differences: Any, changes: Any, verdict: Verdict, sentence: str) -> None:
    found = watch(*differences, **changes)
    assert (found.verdict, found.sentence) == (verdict, sentence)


def test_every_cause_has_words() -> None:
    assert TOLD.keys() == {*Cause, UNKNOWN, ""}
