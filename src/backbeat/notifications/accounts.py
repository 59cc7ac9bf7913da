"""What users are told of managers and collaborators (domain: chain and entities, 5.2.9 and 7.3)."""

from backbeat.notifications.kind import Kind

_MANAGERS = "derived/notifications/managers.sql"
_COLLABORATORS = "derived/notifications/collaborators.sql"
_TEST = "integration/notifications/test_accounts.py"
_OF_GRANT = ("grantee_user_id", "grantee_address", "user_id")
_OF_TRACK = ("track_id", "collaborator_user_id", "inviter_user_id")

KINDS = (
    Kind(
        type="request_manager",
        cause="a user asks the user of a wallet to be the manager, each time",
        recipients="the user who is asked",
        group_id=(
            "request_manager:grantee_user_id:{manager}:grantee_address:{wallet}:user_id:{user}"
            ":updated_at:{time}:created_at:{time}"
        ),
        specifier="{user}",
        data=_OF_GRANT,
        source=_MANAGERS,
        test=_TEST,
    ),
    Kind(
        type="approve_manager_request",
        cause="a user agrees to be the manager; an app with the wallet of a user does at once",
        recipients="the user who asked",
        group_id=(
            "approve_manager_request:grantee_user_id:{manager}:grantee_address:{wallet}:user_id:{user}:created_at:{time}"
        ),
        specifier="{manager}",
        data=_OF_GRANT,
        source=_MANAGERS,
        test=_TEST,
    ),
    Kind(
        type="track_collaborator_invite",
        cause="a track names a user as a collaborator",
        recipients="the user who is named",
        group_id="track_collaborator_invite:track_id:{track}:collaborator_user_id:{user}:inviter_user_id:{owner}",
        specifier="{owner}",
        data=_OF_TRACK,
        source=_COLLABORATORS,
        test=_TEST,
    ),
    Kind(
        type="track_collaborator_accept",
        cause="a user agrees to be a collaborator of a track",
        recipients="the user who named the collaborator",
        group_id="track_collaborator_accept:track_id:{track}:collaborator_user_id:{user}:inviter_user_id:{owner}",
        specifier="{user}",
        data=_OF_TRACK,
        source=_COLLABORATORS,
        test=_TEST,
    ),
)
