"""Plays of a track that no row stands for (domain: chain and entities, 8.4)."""

from typing import ClassVar

from backbeat.index.row import Row


class ToldPlaysRow(Row, frozen=True, kw_only=True):
    """How many plays of a track a genesis migration tells of; its count includes them."""

    table: ClassVar[str] = "backbeat.told_plays"
    identity: ClassVar[tuple[str, ...]] = ("track_id",)

    track_id: int
    plays: int
