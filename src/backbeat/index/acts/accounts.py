"""Acts of users towards those who manage their accounts and those who made tracks with them."""

from collections.abc import Iterator

from backbeat.index.acts.act import Act, Changed, Moment, tells
from backbeat.index.rows.access import GrantRow
from backbeat.index.rows.tracks import ACCEPTED, PENDING, TrackCollaboratorRow, TrackRow
from backbeat.index.rows.users import UserRow


@tells(GrantRow)
def grants(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell that a user asks another to be the manager, again after a revocation too, or that one agrees."""
    old, new = row.old, row.new
    if new.is_revoked:
        return
    if new.is_approved is None and (old is None or old.is_revoked):
        yield from _grant("manager_request", new, moment)
    elif new.is_approved and not (old and old.is_approved and not old.is_revoked):
        yield from _grant("manager_approval", new, moment)


@tells(TrackRow)
def tracks(row: Changed, moment: Moment) -> Iterator[Act]:
    """Tell whom a track names as collaborators, in one act: they may be fifty, in a few hundred bytes."""
    named = [each for each in moment.rows if isinstance(each, TrackCollaboratorRow) and each.status == PENDING]
    if named:
        users = {"users": [each.collaborator_user_id for each in named]}
        yield Act(kind="collaborator_invite", actor_id=named[0].invited_by, item_id=row.new.track_id, data=users)


@tells(TrackCollaboratorRow)
def collaborators(row: Changed, _moment: Moment) -> Iterator[Act]:
    """Tell that a user agrees to be a collaborator of a track."""
    new: TrackCollaboratorRow = row.new
    if new.status == ACCEPTED and (row.old is None or row.old.status != ACCEPTED):
        yield Act(
            kind="collaborator_accept",
            actor_id=new.collaborator_user_id,
            item_id=new.track_id,
            owner_id=new.invited_by,
        )


def _grant(kind: str, grant: GrantRow, moment: Moment) -> Iterator[Act]:
    manager = _grantee(grant, moment)
    if manager is not None:
        yield Act(
            kind=kind,
            actor_id=grant.user_id,
            item_id=manager,
            data={"address": grant.grantee_address, "created_at": grant.created_at.isoformat(sep=" ")},
        )


def _grantee(grant: GrantRow, moment: Moment) -> int | None:
    """Return the user whose wallet the grantee is, None for an app; of several an active one, the oldest."""
    users = [user for user in moment.many(UserRow, "wallet", grant.grantee_address) if user.is_current]
    return min(((user.is_deactivated, user.user_id) for user in users), default=(False, None))[1]
