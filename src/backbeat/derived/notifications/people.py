"""What users hear of comments, of those who manage their accounts, of what is said to tips, and of collaborators."""

from backbeat.derived.notifications.family import family

FAMILIES = (
    family("comments", "comment", "comment_mention", "comment_thread", "comment_reaction"),
    family("managers", "manager_request", "manager_approval"),
    family("tip_reactions", "tip_reaction"),
    family("collaborators", "collaborator_invite", "collaborator_accept"),
)
