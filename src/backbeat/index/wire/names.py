"""The names that a wire pair may be made of (domain: chain and entities, section 4.6)."""

ENTITY_TYPES = frozenset(
    {
        "User", "Track", "Playlist", "DashboardWalletUser", "Notification", "DeveloperApp", "Grant",
        "AssociatedWallet", "Tip", "Comment", "MutedUser", "EncryptedEmail", "EmailAccess", "Event",
        "TrackCollaborator", "Collectibles",
    }
)  # fmt: skip

ACTIONS = frozenset(
    {
        "Create", "Update", "Delete", "Follow", "Unfollow", "Save", "Unsave", "Repost", "Unrepost", "Verify",
        "Subscribe", "Unsubscribe", "View", "ViewPlaylist", "Approve", "Reject", "Download", "React", "Unreact",
        "Pin", "Unpin", "Mute", "Unmute", "AddEmail", "Report", "Share",
    }
)  # fmt: skip


def pair_name(entity_type: str, action: str) -> str:
    """Return ``Type/Action``, or ``other`` for unknown names, so that counts by pair stay bounded."""
    return f"{entity_type}/{action}" if entity_type in ENTITY_TYPES and action in ACTIONS else "other"
