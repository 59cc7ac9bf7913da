"""Which notifications ``@audius/sdk`` 16.0.0 can parse, and the keys that it expects in ``data``.

A type that is not here makes it fail. Where there are several sets of keys, each is enough.
"""

SDK_KEYS: dict[str, tuple[frozenset[str], ...]] = {
    name: tuple(frozenset(form.split()) for form in forms.split("|"))
    for name, forms in {
        "announcement": "title push_body short_description long_description route",
        "approve_manager_request": "user_id grantee_user_id grantee_address",
        "artist_remix_contest_ended": "entity_id",
        "artist_remix_contest_ending_soon": "entity_user_id entity_id",
        "artist_remix_contest_submissions": "event_id milestone entity_id",
        "challenge_reward": "amount specifier challenge_id",
        "claimable_reward": "amount specifier challenge_id",
        "comment": "type entity_id comment_user_id",
        "comment_mention": "type entity_id entity_user_id comment_user_id",
        "comment_reaction": "type entity_id entity_user_id reacter_user_id",
        "comment_thread": "type entity_id entity_user_id comment_user_id",
        "cosign": "parent_track_id track_id track_owner_id",
        "create": "track_id | playlist_id is_album",
        "fan_club_text_post": "entity_user_id comment_id",
        "fan_remix_contest_ended": "entity_user_id entity_id",
        "fan_remix_contest_ending_soon": "entity_user_id entity_id",
        "fan_remix_contest_started": "entity_user_id entity_id",
        "fan_remix_contest_submission": "event_id entity_id entity_user_id submission_track_id submitter_user_id",
        "fan_remix_contest_winners_selected": "entity_user_id entity_id",
        "follow": "follower_user_id followee_user_id",
        "listen_streak_reminder": "streak",
        "milestone": "type threshold user_id | type threshold track_id | type threshold playlist_id is_album",
        "reaction": (
            "reacted_to reaction_type reaction_value receiver_user_id sender_user_id sender_wallet tip_amount"
        ),
        "remix": "parent_track_id track_id",
        "remix_contest_update": "event_id entity_id entity_user_id comment_id",
        "repost": "type user_id repost_item_id",
        "repost_of_repost": "type user_id repost_of_repost_item_id",
        "request_manager": "user_id grantee_user_id grantee_address",
        "save": "type user_id save_item_id",
        "save_of_repost": "type user_id save_of_repost_item_id",
        "supporter_dethroned": "dethroned_user_id sender_user_id receiver_user_id",
        "supporter_rank_up": "rank sender_user_id receiver_user_id",
        "supporting_rank_up": "rank sender_user_id receiver_user_id",
        "tastemaker": ("tastemaker_item_owner_id tastemaker_item_id action tastemaker_item_type tastemaker_user_id"),
        "tier_change": "new_tier current_value new_tier_value",
        "tip_receive": "amount sender_user_id receiver_user_id tip_tx_signature reaction_value",
        "tip_send": "amount sender_user_id receiver_user_id tip_tx_signature",
        "track_added_to_playlist": "track_id playlist_id playlist_owner_id",
        "track_added_to_purchased_album": "track_id playlist_id playlist_owner_id",
        "track_collaborator_accept": "track_id inviter_user_id collaborator_user_id",
        "track_collaborator_invite": "track_id inviter_user_id collaborator_user_id",
        "trending": "rank genre track_id time_range",
        "trending_playlist": "rank genre playlist_id time_range",
        "trending_underground": "rank genre track_id time_range",
        "usdc_purchase_buyer": "content_type buyer_user_id seller_user_id amount extra_amount content_id",
        "usdc_purchase_seller": "content_type buyer_user_id seller_user_id amount extra_amount content_id",
    }.items()
}

READ_FROM = {"tip_tx_signature": "tx_signature"}
"""Keys that an answer to the SDK has under another name than the stored row."""
