"""Challenges ``m``, mobile install, ``r`` and ``rv``, referrals, and ``rd``, referred."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from naive_rewards.judging import ByKey, Followed, Ledger, Moment
from naive_rewards.written import Block, Columns, State, Terms


class _Arrival(ByKey):
    """What is known of how a user came; the user earns, once, unless and until it is deactivated."""

    column: str

    def facts(self, state: State) -> Mapping[int, Hashable]:
        return {user: (row[self.column], state.is_deactivated(user)) for user, row in state.arrivals.items()}

    def judge(self, about: Any, block: Block, terms: Terms, ledger: Ledger) -> None:
        user = about
        if block.state.arrivals[user][self.column] and not block.state.is_deactivated(user):
            ledger.put(self.challenge_id, f"{user:x}", user, Moment.of(block), terms.amount)


class MobileInstall(_Arrival):
    """``m``: a user was seen on a mobile."""

    challenge_id, column = "m", "is_mobile_user"


class Referred(_Arrival):
    """``rd``: a user was referred, by whomever, be it there or not."""

    challenge_id, column = "rd", "referrer"


class Referral(Followed):
    """``r`` and ``rv``: the referrer earns, who must be there: ``rv`` if it is verified, else ``r``.

    A pair is paid once, by either. ``step_count`` bounds what a referrer gets by all its rows of the challenge; who is
    refused for that is not looked at again.
    """

    def __init__(self, challenge_id: str) -> None:
        super().__init__()
        self.challenge_id = challenge_id

    def changed(self, before: State, after: State, *, are_terms_other: bool) -> Iterable[Columns]:  # noqa: ARG002 - as its like
        were = {row["id"] for row in before.arrivals.values()}
        return sorted((row for row in after.arrivals.values() if row["id"] not in were), key=lambda row: row["id"])

    def judge(self, about: Any, block: Block, terms: Terms, ledger: Ledger) -> None:
        referrer, state = about["referrer"], block.state
        if referrer is None or referrer not in state.users or state.is_deactivated(referrer):
            return
        specifier = f"{referrer:x}:{about['user_id']:x}"
        if (
            state.is_verified(referrer) != (self.challenge_id == "rv")
            or ledger.has("r", specifier)
            or ledger.has("rv", specifier)
        ):
            return
        paid = sum(row.amount for row in ledger.complete(self.challenge_id) if row.user_id == referrer)
        if terms.step_count is None or paid < terms.step_count:
            ledger.put(self.challenge_id, specifier, referrer, Moment.of(block), terms.amount)
