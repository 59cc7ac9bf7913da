"""Acts of users whom others sent tips (domain: chain and entities, 5.10 and 7.3)."""

from collections.abc import Iterator

from backbeat.index.acts.act import Act, Changed, Moment, tells
from backbeat.index.rows.tips import ReactionRow


@tells(ReactionRow)
def reactions(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell what a user says to a tip."""
    reaction: ReactionRow = row.new
    yield Act(
        kind="tip_reaction",
        actor_id=moment.tx.user_id,
        item_type=reaction.reaction_type,
        item_id=reaction.reaction_value,
        data={"reacted_to": reaction.reacted_to, "sender_wallet": reaction.sender_wallet},
    )
