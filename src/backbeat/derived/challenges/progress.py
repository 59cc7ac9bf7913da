"""The rules by which every challenge writes ``user_challenges`` (domain: challenges, 1)."""

from backbeat.incremental.merge import Target


def progress_of(*challenge_ids: str) -> Target:
    """Return the target for the rows of some challenges.

    A complete row is final in every column, nothing is ever deleted, and who earns a row and when it was made never
    change. A processor's query answers ``completed_at`` and ``completed_blocknumber`` for complete rows only.
    """
    return Target(
        table="user_challenges",
        key=("challenge_id", "specifier"),
        values=("is_complete", "current_step_count", "completed_blocknumber", "amount", "completed_at"),
        once=("user_id", "created_at"),
        owner="user_id",
        scope="user_id",
        within=("challenge_id", challenge_ids),
        frozen="is_complete",
        keeps_vanished=True,
    )
