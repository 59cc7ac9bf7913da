"""What users are told of money: tips and reactions to them, ranks of supporters, purchases.

Domain: derived state, 4.10 and 5.8; chain and entities, 7.3.
"""

from backbeat.notifications.kind import Kind

_TIPPED = ("sender_user_id", "receiver_user_id", "amount", "tx_signature")
_RANKED = ("sender_user_id", "receiver_user_id", "rank")
_BOUGHT = ("content_type", "content_id", "buyer_user_id", "seller_user_id", "amount", "extra_amount")
_PURCHASE = "seller_user_id:{seller}:buyer_user_id:{buyer}:content_id:{content}:content_type:{type}"
_RANKS_HIGHER = "a user ranks higher among those who tip a user, at a slot of which a transaction is known"
_BUYS = "a user buys a track or an album, for the first time from that seller"
_BUYS_VALIDLY = "a purchase of a track or an album is found valid, the user's first from that seller"
_TIPS = "db/schema/triggers/notify_tips.sql"
_SUPPORTERS = "db/schema/functions/notify_ranks.sql"
_PURCHASES = "db/schema/triggers/notify_purchases.sql"
_VALID = "db/schema/triggers/notify_valid_purchases.sql"
_TEST = "integration/notifications/test_money.py"

KINDS = (
    Kind(
        type="tip_receive",
        cause="a user sends a tip; `reaction_value` is what its receiver said to it last",
        recipients="the receiver",
        group_id="tip_receive:user_id:{receiver}:signature:{signature}",
        specifier="{receiver}",
        data=_TIPPED,
        later=("reaction_value",),
        source=_TIPS,
        test=_TEST,
    ),
    Kind(
        type="tip_send",
        cause="a user sends a tip",
        recipients="the sender",
        group_id="tip_send:user_id:{sender}:signature:{signature}",
        specifier="{sender}",
        data=_TIPPED,
        source=_TIPS,
        test=_TEST,
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
        source="derived/notifications/tip_reactions.sql",
        test="integration/notifications/test_accounts.py",
    ),
    Kind(
        type="supporting_rank_up",
        cause=_RANKS_HIGHER,
        recipients="the supporter",
        group_id="supporting_rank_up:{rank}:slot:{slot}",
        specifier="{supporter}",
        data=_RANKED,
        source=_SUPPORTERS,
        test=_TEST,
    ),
    Kind(
        type="supporter_rank_up",
        cause=_RANKS_HIGHER,
        recipients="the user who is supported",
        group_id="supporter_rank_up:{rank}:slot:{slot}",
        specifier="{supported}",
        data=_RANKED,
        source=_SUPPORTERS,
        test=_TEST,
    ),
    Kind(
        type="supporter_dethroned",
        cause=f"{_RANKS_HIGHER}, and is first where another user was",
        recipients="the user who was first",
        group_id="supporter_dethroned:receiver_user_id:{supported}:slot:{slot}",
        specifier="{supporter}",
        data=("sender_user_id", "receiver_user_id", "dethroned_user_id"),
        source=_SUPPORTERS,
        test=_TEST,
    ),
    *(
        Kind(
            type=type_,
            cause=cause,
            recipients=recipients,
            group_id=f"{type_}:{_PURCHASE}",
            specifier="{buyer}",
            data=_BOUGHT,
            source=source,
            test=test,
        )
        for cause, source, test in (
            (_BUYS, _PURCHASES, _TEST),
            (_BUYS_VALIDLY, _VALID, "integration/derived/test_foreign_writers.py"),
        )
        for type_, recipients in (("usdc_purchase_buyer", "the buyer"), ("usdc_purchase_seller", "the seller"))
    ),
)
