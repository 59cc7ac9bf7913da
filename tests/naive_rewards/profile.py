"""Challenges ``p``, profile completion, and ``v``, profile verified."""

from collections.abc import Hashable, Mapping
from typing import NamedTuple

from naive_rewards.judging import ByKey, Ledger, Moment, grouped
from naive_rewards.written import Block, State, Terms

FOLLOWS_WANTED = 5


class Steps(NamedTuple):
    """A row of ``challenge_profile_completion``."""

    profile_description: bool
    """A bio, be it empty."""
    profile_name: bool
    """A name."""
    profile_picture: bool
    """In either column."""
    profile_cover_photo: bool
    """In either column."""
    follows: bool
    """Five users or more."""
    favorites: bool
    """Anything saved."""
    reposts: bool
    """Anything reposted."""


def may_take_part(state: State, user_id: int) -> bool:
    """``p``: users with a handle who are not deactivated."""
    user = state.users.get(user_id)
    return user is not None and user["handle_lc"] is not None and not user["is_deactivated"]


def steps(state: State, user_id: int) -> Steps:
    """``p``: the seven steps; a repost and a save are of whatever kind."""
    user = state.users[user_id]
    return Steps(
        profile_description=user["bio"] is not None,
        profile_name=user["name"] is not None,
        profile_picture=user["profile_picture"] is not None or user["profile_picture_sizes"] is not None,
        profile_cover_photo=user["cover_photo"] is not None or user["cover_photo_sizes"] is not None,
        follows=sum(row["follower_user_id"] == user_id for row in state.standing("follows")) >= FOLLOWS_WANTED,
        favorites=any(row["user_id"] == user_id for row in state.standing("saves")),
        reposts=any(row["user_id"] == user_id for row in state.standing("reposts")),
    )


class ProfileCompletion(ByKey):
    """``p``: how many of the seven are done, up and down until enough are; none is a row too. By user.

    ``mirror`` says what is the case now, of complete ones as well.
    """

    challenge_id = "p"

    def __init__(self) -> None:
        super().__init__()
        self.mirror: dict[int, Steps] = {}

    def facts(self, state: State) -> Mapping[int, Hashable]:
        done = grouped(
            [*state.standing("follows"), *state.standing("saves"), *state.standing("reposts")],
            lambda row: row["follower_user_id"] if "follower_user_id" in row else row["user_id"],
            lambda row: tuple(str(value) for name, value in sorted(row.items()) if name.endswith(("_id", "_type"))),
        )
        return {
            user: (may_take_part(state, user), steps(state, user), done.get(user, frozenset())) for user in state.users
        }

    def judge(self, about: int, block: Block, terms: Terms, ledger: Ledger) -> None:
        if terms.step_count is None or not may_take_part(block.state, about):
            return
        self.mirror[about] = steps(block.state, about)
        done = sum(self.mirror[about])
        ledger.put("p", f"{about:x}", about, Moment.of(block), terms.amount, (done, terms.step_count))


class ProfileVerified(ByKey):
    """``v``: who is verified and not deactivated, at once and for ever; by user."""

    challenge_id = "v"

    def facts(self, state: State) -> Mapping[int, Hashable]:
        return {user: (state.is_verified(user), state.is_deactivated(user)) for user in state.users}

    def judge(self, about: int, block: Block, terms: Terms, ledger: Ledger) -> None:
        if block.state.is_verified(about) and not block.state.is_deactivated(about):
            ledger.put("v", f"{about:x}", about, Moment.of(block), terms.amount)
