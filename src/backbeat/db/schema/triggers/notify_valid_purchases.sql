-- Tells the buyer and the seller of a purchase that is valid, or became so, the first time that this buyer buys this item
-- from this seller; and not where it was told of the same purchase in usdc_purchases.
CREATE OR REPLACE FUNCTION backbeat.notify_valid_purchases() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signatures text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        signatures := ARRAY(SELECT signature FROM new_rows WHERE is_valid);
    ELSE
        signatures := ARRAY(
            SELECT signature
            FROM (
                SELECT signature, instruction_index FROM new_rows WHERE is_valid
                EXCEPT
                SELECT signature, instruction_index FROM old_rows WHERE is_valid
            ) AS turned
        );
    END IF;
    IF signatures <> '{}' THEN
        INSERT INTO notification (user_ids, type, group_id, specifier, slot, "timestamp", data)
        SELECT
            ARRAY[told.user_id],
            told.type,
            format(
                '%s:seller_user_id:%s:buyer_user_id:%s:content_id:%s:content_type:%s',
                told.type, bought.seller_user_id, bought.buyer_user_id, bought.content_id, bought.content_type
            ),
            bought.buyer_user_id::text,
            CASE WHEN bought.slot <= 2147483647 THEN bought.slot::integer END,
            coalesce(bought.created_at, now() AT TIME ZONE 'UTC'),
            jsonb_build_object(
                'content_type', bought.content_type, 'content_id', bought.content_id,
                'buyer_user_id', bought.buyer_user_id, 'seller_user_id', bought.seller_user_id,
                'amount', bought.amount - bought.extra_amount, 'extra_amount', bought.extra_amount
            )
        FROM v_usdc_purchases AS bought
        CROSS JOIN LATERAL (
            VALUES ('usdc_purchase_buyer', bought.buyer_user_id), ('usdc_purchase_seller', bought.seller_user_id)
        ) AS told (type, user_id)
        WHERE bought.signature = ANY (signatures) AND bought.seller_user_id IS NOT NULL
        ORDER BY 3, 4, bought.slot, bought.signature
        ON CONFLICT (group_id, specifier) DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER notify_valid_inserted AFTER INSERT ON sol_purchases
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.notify_valid_purchases();

CREATE OR REPLACE TRIGGER notify_valid_updated AFTER UPDATE ON sol_purchases
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION backbeat.notify_valid_purchases();
