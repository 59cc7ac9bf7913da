"""Which key of a user's payload fills which column, and how (domain: chain and entities, 5.1.7).

A handle has rules of its own. What is empty changes nothing: clients resend whole profiles, and an empty handle or
name in one of them must not erase the real one.
"""

from backbeat.index.payload.columns import Columns, each, erasable, flag, one_of, reference, sticky, sticky_json

COLUMNS_ON_CREATE: Columns = {
    **each("name bio location website donation", sticky),
    **each("profile_picture profile_picture_sizes cover_photo cover_photo_sizes", sticky),
    **each("twitter_handle instagram_handle tiktok_handle", sticky),
    "playlist_library": sticky_json,
    "allow_ai_attribution": flag,
    "profile_type": one_of("label"),
    **each("spl_usdc_payout_wallet coin_flair_mint", erasable),
}

COLUMNS: Columns = {**COLUMNS_ON_CREATE, "is_deactivated": flag, "artist_pick_track_id": reference}
