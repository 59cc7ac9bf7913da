"""What users are told of comments (domain: chain and entities, 5.5.7)."""

from backbeat.notifications.kind import Kind

_COMMENTS = "derived/notifications/comments.sql"
_TEST = "integration/notifications/test_comments.py"
_ABOUT = ("type", "entity_id", "entity_user_id", "comment_user_id", "comment_id")

KINDS = (
    Kind(
        type="comment",
        cause="a user comments on a track or to a fan club, answering nobody and not mentioning its owner",
        recipients="the owner of the track, the user of the fan club",
        group_id="comment:{entity}:type:{type}",
        specifier="{comment}",
        data=("type", "entity_id", "comment_user_id", "comment_id"),
        source=_COMMENTS,
        test=_TEST,
    ),
    Kind(
        type="comment_mention",
        cause="a comment mentions a user, or an edit adds or brings back one, not its author, nor whom it answers",
        recipients="the user who is mentioned",
        group_id="comment_mention:{comment}",
        specifier="{mentioned}",
        data=_ABOUT,
        source=_COMMENTS,
        test=_TEST,
    ),
    Kind(
        type="comment_thread",
        cause="a user answers a comment of another",
        recipients="the author of the comment that is answered",
        group_id="comment_thread:{parent}",
        specifier="{comment}",
        data=_ABOUT,
        source=_COMMENTS,
        test=_TEST,
    ),
    Kind(
        type="comment_reaction",
        cause="a user likes a comment of another, and the transaction names what it is about",
        recipients="the comment's author",
        group_id="comment_reaction:{comment}",
        specifier="{reacter}",
        data=("type", "entity_id", "entity_user_id", "comment_id", "reacter_user_id"),
        source=_COMMENTS,
        test=_TEST,
    ),
)
