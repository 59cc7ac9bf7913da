"""Why two databases differ: known defects of the network's indexers, and what is no defect (domain: derived state, 7).

A cause is suspected, not proved, where the two databases alone cannot prove it. The first that holds is named.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from backbeat.observe.watched import UNKNOWN, Cause
from backbeat.watch.differences import Kept, Kind, near
from backbeat.watch.side import Facts
from backbeat.watch.statements import Key
from backbeat.watch.subjects import COUNTS, PAYMENTS

STARVED: Final = 500  # so many rewards a run of theirs looks at, in no order (domain: derived state, E1)
TRENDS_STOP_SECONDS: Final = 7_200.0  # two of their hours
COUNTED: Final = frozenset(each.name for each in COUNTS)
OF_PLAYS: Final = frozenset({"aggregate_plays", "aggregate_monthly_plays"})
PAID: Final = frozenset(each.name for each in PAYMENTS)
ROUTES: Final = frozenset({"track_routes", "playlist_routes"})
LISTENS: Final = "user_listening_history"
REWARDS_OF_PAYMENTS: Final = frozenset({"ft", "b", "s"})
TOLD_OF_PAYMENTS: Final = ("tip_", "support", "usdc_", "challenge_reward", "reaction:")
SUFFIX: Final = re.compile(r"-\d+$")
TRENDING: Final = frozenset({"track_trending_scores", "playlist_trending_scores", "trending lists"})
ONCE_AN_HOUR: Final = ("claimable_reward:", "reward_in_cooldown:")
REWARDS: Final = "user_challenges"
TELLS_OF_A_REWARD: Final = re.compile(r"^\w+:\d+:challenge:([^:]+):specifier:(.+)$")
UNPAID_AT_ONCE: Final = "claimable_reward:"
KIND, VERSION, RANGE = 1, 2, 3  # in the key of a score


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A difference, and what is known beside it."""

    found: Kept
    """What differs."""
    now: datetime
    """When it is judged."""
    recounted: Mapping[str, str | None] = {}
    """What the other database's own rows come to, by column; None: too many to count."""
    expected: Mapping[str, str | None] = {}
    """What lost weights make of our rows, by column."""
    facts: Facts = Facts()
    """What is known of the other indexer."""
    rules_differ: bool = False
    """Whether the rule of the reward is another there."""
    reached: tuple[int | None, int | None] = (None, None)
    """Up to which slot each side was told of what was paid, ours first."""
    payments_differ: bool = False
    """Whether there are tips, purchases or payouts that differ."""
    plays_differ: bool = False
    """Whether there are blocks whose plays differ."""
    scores_differ: bool = False
    """Whether there are scores of tracks that differ."""
    reward_differs: bool = False
    """Whether it tells of a reward that differs itself."""
    is_told_nearby: bool = False
    """Whether its user heard the same kind of thing within an hour there."""

    @property
    def pairs(self) -> Sequence[tuple[str, str | None, str | None]]:
        """Return the columns that differ, with their values here and there."""
        here, there = (side or (None,) * len(self.found.columns) for side in (self.found.here, self.found.there))
        return list(zip(self.found.columns, here, there, strict=True))

    def of(self, *subjects: str) -> bool:
        """Say whether it is of one of these subjects."""
        return self.found.subject in subjects


def _plays_lost(case: Case) -> bool:
    return _plays_are(case, lambda here, there: there < here)


def _plays_are(case: Case, compared: Callable[[int, int], bool]) -> bool:
    """Say how the plays of a block compare, or counts of plays while there are such blocks."""
    if case.of(*OF_PLAYS):
        return case.plays_differ and all(compared(_number(here), _number(there)) for _, here, there in case.pairs)
    return case.of("plays") and any(
        name == "plays" and compared(_number(here), _number(there)) for name, here, there in case.pairs
    )


def _block_repeated(case: Case) -> bool:
    if not case.of("plays"):
        return _plays_are(case, lambda here, there: there > here)
    values = {name: (_number(here), _number(there)) for name, here, there in case.pairs}
    if case.found.kind != Kind.DIFFERS or not {"plays", "content"} <= values.keys():
        return False
    (here, there), (content, other) = values["plays"], values["content"]
    return there > here and there % here == 0 and other == content * (there // here)


def _rows_repeated(case: Case) -> bool:
    return case.found.kind == Kind.REPEATED and all(_number(there) > 1 for _, _, there in case.pairs)


def _count_null(case: Case) -> bool:
    return (
        case.of(*COUNTED)
        and case.found.kind == Kind.DIFFERS
        and all(there is None and here is not None for _, here, there in case.pairs)
    )


def _hour_counted_twice(case: Case) -> bool:
    return case.of("hourly_play_counts") and all(_number(there) > _number(here) for _, here, there in case.pairs)


def _count_drifted(case: Case) -> bool:
    if case.of(*OF_PLAYS, "hourly_play_counts"):
        return not case.plays_differ and case.found.kind != Kind.MISSING_HERE
    told = [(case.recounted.get(name), here, there) for name, here, there in case.pairs]
    known = [(own, here) for own, here, there in told if own is not None and _number(here) != _number(there)]
    return case.of(*COUNTED) and bool(known) and all(_number(own) == _number(here) for own, here in known)


def _rows_differ(case: Case) -> bool:
    known = [(case.recounted.get(name), there) for name, _, there in case.pairs]
    counted = [(own, there) for own, there in known if own is not None]
    return case.of(*COUNTED) and bool(counted) and all(_number(own) == _number(there) for own, there in counted)


def _trending_stopped(case: Case) -> bool:
    at = case.facts.trended_at
    return case.of(*TRENDING) and (
        at is None or case.now.replace(tzinfo=None) - at > timedelta(seconds=TRENDS_STOP_SECONDS)
    )


def _weights_lost(case: Case) -> bool:
    return case.of("track_trending_scores") and all(
        there is not None and (own := case.expected.get(name)) is not None and near(own, there)
        for name, _, there in case.pairs
    )


def _scores_differ(case: Case) -> bool:
    return case.of("trending lists") and case.scores_differ


def _unread_type(case: Case) -> bool:
    return (
        case.of("track_trending_scores")
        and case.found.kind == Kind.MISSING_HERE
        and case.found.key[KIND] == "UNDERGROUND_TRACKS"
    )


def _score_lingers(case: Case) -> bool:
    key = case.found.key
    return (
        case.of("track_trending_scores")
        and case.found.kind == Kind.MISSING_HERE
        and (key[RANGE] == "allTime" or key[VERSION] == "AnlGe")
    )


def _zero_left_out(case: Case) -> bool:
    zero = {name: here for name, here, _ in case.pairs}.get("score")
    return case.of(*TRENDING) and case.found.kind == Kind.MISSING_THERE and zero is not None and float(zero) == 0


def _range_of_another_name(case: Case) -> bool:
    return case.of("playlist_trending_scores") and (
        (case.found.kind == Kind.MISSING_THERE and case.found.key[RANGE] == "year")
        or (case.found.kind == Kind.MISSING_HERE and case.found.key[RANGE] == "allTime")
    )


def _told_once_an_hour(case: Case) -> bool:
    return _is_of_rewards(case, ONCE_AN_HOUR) and case.is_told_nearby


def _starved(case: Case) -> bool:
    return (
        _is_of_rewards(case, (UNPAID_AT_ONCE,))
        and case.found.kind == Kind.MISSING_THERE
        and case.facts.untold >= STARVED
    )


def _is_of_rewards(case: Case, groups: tuple[str, ...]) -> bool:
    return case.of("notification") and case.found.key[0].startswith(groups)


def _referred_otherwise(case: Case) -> bool:
    challenge, specifier = case.found.key[0], case.found.key[-1]
    return (
        case.of(REWARDS)
        and challenge == "rd"
        and case.found.kind == (Kind.MISSING_HERE if ":" in specifier else Kind.MISSING_THERE)
    )


def _completed_without_block(case: Case) -> bool:
    return case.of(REWARDS) and case.pairs == [("has_block", "true", "false")]


def _rules_differ(case: Case) -> bool:
    return case.of(REWARDS) and case.rules_differ


def _reward_differs(case: Case) -> bool:
    return case.of("notification") and case.reward_differs


def _payments_behind(case: Case) -> bool:
    """Say whether a payment is later than all that the side which lacks it was told of."""
    if not case.of(*PAID) or case.found.kind not in {Kind.MISSING_HERE, Kind.MISSING_THERE}:
        return False
    at = {name: here or there for name, here, there in case.pairs}.get("slot", case.found.key[0])
    lacks = case.reached[case.found.kind == Kind.MISSING_THERE]
    return lacks is None or _number(at) > lacks


def _payments_differ(case: Case) -> bool:
    return case.payments_differ and (
        case.of("aggregate_user_tips")
        or (case.of(REWARDS) and case.found.key[0] in REWARDS_OF_PAYMENTS)
        or _is_of_rewards(case, TOLD_OF_PAYMENTS)
    )


def _route_of_an_edit(case: Case) -> bool:
    """Say whether the other gave a new number to a permalink although the title came to the same one."""
    if not case.of(*ROUTES) or case.found.kind != Kind.DIFFERS:
        return False
    told = {name: ({*(here or "").split()}, {*(there or "").split()}) for name, here, there in case.pairs}
    ours, theirs = told.get("routes", (set[str](), set[str]()))
    more = theirs - ours
    return bool(more) and ours <= theirs and all(SUFFIX.sub("", each) in theirs for each in more)


def _slug_of_the_number(case: Case) -> bool:
    """Say whether the title came to nothing, of which the other made the number of the item and we its public id."""
    return case.of(*ROUTES) and case.found.key[0] in {there for name, _, there in case.pairs if name == "slug"}


def _listens(case: Case) -> tuple[int, int] | None:
    """Return the plays of a user's history here and there, where all else of it is alike."""
    told = case.pairs if case.of(LISTENS) and case.found.kind == Kind.DIFFERS else ()
    return (_number(told[0][1]), _number(told[0][2])) if [name for name, *_ in told] == ["plays"] else None


def _listens_repeated(case: Case) -> bool:
    listens = _listens(case)
    return listens is not None and listens[1] > listens[0]


def _listens_skipped(case: Case) -> bool:
    listens = _listens(case)
    return listens is not None and listens[1] < listens[0]


def _number(text: str | None) -> int:
    return int(text or 0)


CAUSES: Final[Mapping[Cause, Callable[[Case], bool]]] = {
    Cause.ROWS_REPEATED: _rows_repeated,
    Cause.BLOCK_REPEATED: _block_repeated,
    Cause.PLAYS_LOST: _plays_lost,
    Cause.COUNT_NULL: _count_null,
    Cause.ROWS_DIFFER: _rows_differ,
    Cause.HOUR_COUNTED_TWICE: _hour_counted_twice,
    Cause.COUNT_DRIFTED: _count_drifted,
    Cause.UNREAD_TYPE: _unread_type,
    Cause.ZERO_LEFT_OUT: _zero_left_out,
    Cause.RANGE_OF_ANOTHER_NAME: _range_of_another_name,
    Cause.WEIGHTS_LOST: _weights_lost,
    Cause.SCORE_LINGERS: _score_lingers,
    Cause.TRENDING_STOPPED: _trending_stopped,
    Cause.SCORES_DIFFER: _scores_differ,
    Cause.REWARD_DIFFERS: _reward_differs,
    Cause.TOLD_ONCE_AN_HOUR: _told_once_an_hour,
    Cause.NOTIFICATIONS_STARVED: _starved,
    Cause.REFERRED_OTHERWISE: _referred_otherwise,
    Cause.COMPLETED_WITHOUT_BLOCK: _completed_without_block,
    Cause.PAYMENTS_BEHIND: _payments_behind,
    Cause.PAYMENTS_DIFFER: _payments_differ,
    Cause.ROUTE_OF_AN_EDIT: _route_of_an_edit,
    Cause.SLUG_OF_THE_NUMBER: _slug_of_the_number,
    Cause.LISTENS_REPEATED: _listens_repeated,
    Cause.LISTENS_SKIPPED: _listens_skipped,
    Cause.RULES_DIFFER: _rules_differ,
}
"""How each cause is told, in the order in which they are asked."""


def reward_of(found: Kept) -> Key | None:
    """Return the reward that a notification tells of, as the key of its row; None where it tells of something else."""
    told = TELLS_OF_A_REWARD.match(found.key[0]) if found.subject == "notification" else None
    return (told[1], told[2]) if told else None


def cause_of(case: Case) -> str:
    """Return the first cause that holds, or ``unknown``."""
    return next((cause for cause, holds in CAUSES.items() if _holds(holds, case)), UNKNOWN)


def _holds(holds: Callable[[Case], bool], case: Case) -> bool:
    try:
        return holds(case)
    except ValueError:  # where a number should be, they have something else
        return False
