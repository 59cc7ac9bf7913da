-- Purchases that audio is matched for: valid, a dollar or more without what was paid on top. Whose the content was follows from
-- the block that a purchase is judged in; the older table names the seller, and holds valid ones alone, with their list price. A
-- purchase may be in both.
CREATE OR REPLACE VIEW backbeat.matched_purchases AS
SELECT
    bought.slot,
    bought.signature,
    bought.buyer_user_id,
    NULL::integer AS named_seller_id,
    bought.content_type::text AS content_type,
    bought.content_id,
    bought.created_at,
    bought.listed / 1000000 AS dollars
FROM (
    SELECT
        purchase.*,
        -- without a price on record nothing counts as paid on top
        least(
            purchase.amount,
            10000 * backbeat.list_price(purchase.content_type, purchase.content_id, purchase.created_at)
        ) AS listed
    FROM sol_purchases AS purchase
    WHERE purchase.is_valid
) AS bought
WHERE bought.listed >= 1000000
UNION ALL
SELECT
    slot,
    signature,
    buyer_user_id,
    seller_user_id,
    content_type::text,
    content_id,
    created_at,
    amount / 1000000
FROM usdc_purchases
WHERE amount >= 1000000;
