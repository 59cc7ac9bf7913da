"""The families of notifications: what each statement makes, and of which kinds of acts."""

from typing import LiteralString

import msgspec

from backbeat.db.sql import load


class Family(msgspec.Struct, frozen=True):
    """Notifications and milestones that one statement makes of acts.

    The statement binds ``after``, the block behind which acts are taken, and ``number``, ``place`` and ``ordinal`` of
    the last one. It may read later ones to undo them.
    """

    name: str
    """What it makes; its statement is the file of that name."""

    kinds: tuple[str, ...]
    """The acts that it takes; it is not asked where there are none."""

    make: LiteralString
    """The statement."""


def family(name: str, *kinds: str) -> Family:
    """Return the family whose statement is ``NAME.sql`` in this folder."""
    return Family(name, kinds, load(__package__, f"{name}.sql"))


FAMILIES = (
    family("follow", "follow"),
    family("follower_milestones", "follow"),
    family("saves_and_reposts", "save", "repost"),
    family("save_and_repost_milestones", "save", "repost"),
    family("of_repost", "save", "repost"),
    family("cosign", "save", "repost"),
    family("create", "publish"),
    family("remix", "publish"),
    family("contest_milestones", "publish"),
    family("contest_submissions", "publish"),
    family("contest_started", "contest"),
    family("contest_winners", "name_winners"),
    family("added_to_playlist", "add_tracks"),
    family("added_to_album", "extend_album"),
    family("comments", "comment", "comment_mention", "comment_thread", "comment_reaction"),
    family("managers", "manager_request", "manager_approval"),
    family("tip_reactions", "tip_reaction"),
    family("collaborators", "collaborator_invite", "collaborator_accept"),
)
"""All of them, in the order in which they are made."""
