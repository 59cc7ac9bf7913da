"""What users hear of comments, managers, reactions to tips, and collaborators.

Domain: chain and entities, 5.2.9, 5.5.7 and 7.3.
"""

from backbeat.notifications.kind import Kind

_COMMENTS, _MANAGERS, _TIPS, _COLLABORATORS = (
    f"derived/notifications/{name}.sql" for name in ("comments", "managers", "tip_reactions", "collaborators")
)
_TALK = "integration/notifications/test_comments.py"
_ACCOUNTS = "integration/notifications/test_accounts.py"
_OF_COMMENT = ("type", "entity_id", "entity_user_id", "comment_user_id", "comment_id")
_OF_GRANT = ("grantee_user_id", "grantee_address", "user_id")
_OF_TRACK = ("track_id", "collaborator_user_id", "inviter_user_id")

KINDS = (
    Kind(
        type="comment",
        cause="a user comments on a track or to a fan club, answering nobody and not mentioning its owner",
        recipients="the owner of the track, the user of the fan club",
        group_id="comment:{entity}:type:{type}",
        specifier="{comment}",
        data=("type", "entity_id", "comment_user_id", "comment_id"),
        source=_COMMENTS,
        test=_TALK,
    ),
    Kind(
        type="comment_mention",
        cause="a comment, new or edited, mentions a user for the first time, not its author, nor whom it answers",
        recipients="the user who is mentioned",
        group_id="comment_mention:{comment}",
        specifier="{mentioned}",
        data=_OF_COMMENT,
        source=_COMMENTS,
        test=_TALK,
    ),
    Kind(
        type="comment_thread",
        cause="a user answers a comment of another",
        recipients="the author of the comment that is answered",
        group_id="comment_thread:{parent}",
        specifier="{comment}",
        data=_OF_COMMENT,
        source=_COMMENTS,
        test=_TALK,
    ),
    Kind(
        type="comment_reaction",
        cause="a user likes a comment of another, and the transaction names what it is about",
        recipients="the comment's author",
        group_id="comment_reaction:{comment}",
        specifier="{reacter}",
        data=("type", "entity_id", "entity_user_id", "comment_id", "reacter_user_id"),
        source=_COMMENTS,
        test=_TALK,
    ),
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
        test=_ACCOUNTS,
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
        test=_ACCOUNTS,
    ),
    Kind(
        type="reaction",
        cause="a user reacts to a tip, once for each reaction that there is",
        recipients="the user who sent the tip",
        group_id="reaction:reaction_to:{signature}:reaction_type:tip:reaction_value:{reaction}",
        specifier="{receiver}",
        data=(
            "reacted_to",
            "reaction_type",
            "reaction_value",
            "receiver_user_id",
            "sender_user_id",
            "sender_wallet",
            "tip_amount",
        ),
        source=_TIPS,
        test=_ACCOUNTS,
    ),
    Kind(
        type="track_collaborator_invite",
        cause="a track names a user as a collaborator",
        recipients="the user who is named",
        group_id="track_collaborator_invite:track_id:{track}:collaborator_user_id:{user}:inviter_user_id:{owner}",
        specifier="{owner}",
        data=_OF_TRACK,
        source=_COLLABORATORS,
        test=_ACCOUNTS,
    ),
    Kind(
        type="track_collaborator_accept",
        cause="a user agrees to be a collaborator of a track",
        recipients="the user who named the collaborator",
        group_id="track_collaborator_accept:track_id:{track}:collaborator_user_id:{user}:inviter_user_id:{owner}",
        specifier="{user}",
        data=_OF_TRACK,
        source=_COLLABORATORS,
        test=_ACCOUNTS,
    ),
)
