-- Tells the buyer and the seller of a purchase, the first time that this buyer buys this item from this seller.
CREATE OR REPLACE FUNCTION backbeat.notify_purchases() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO notification (user_ids, type, group_id, specifier, slot, "timestamp", data)
    SELECT
        ARRAY[told.user_id],
        told.type,
        format(
            '%s:seller_user_id:%s:buyer_user_id:%s:content_id:%s:content_type:%s',
            told.type, bought.seller_user_id, bought.buyer_user_id, bought.content_id, bought.content_type
        ),
        bought.buyer_user_id::text,
        bought.slot,
        bought.created_at,
        jsonb_build_object(
            'content_type', bought.content_type, 'content_id', bought.content_id,
            'buyer_user_id', bought.buyer_user_id, 'seller_user_id', bought.seller_user_id,
            'amount', bought.amount, 'extra_amount', bought.extra_amount
        )
    FROM new_rows AS bought
    CROSS JOIN LATERAL (
        VALUES ('usdc_purchase_buyer', bought.buyer_user_id), ('usdc_purchase_seller', bought.seller_user_id)
    ) AS told (type, user_id)
    ORDER BY 3, 4, bought.slot, bought.signature
    ON CONFLICT (group_id, specifier) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER notify_purchases AFTER INSERT ON usdc_purchases
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.notify_purchases();
