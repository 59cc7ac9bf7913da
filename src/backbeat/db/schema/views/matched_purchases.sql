-- after: v_usdc_purchases
-- Purchases that audio is matched for: valid, a dollar or more without what was paid on top. Whose the content was follows from
-- the block that a purchase is judged in; the older table names the seller, and holds valid ones alone, with their list price. A
-- purchase may be in both.
CREATE OR REPLACE VIEW backbeat.matched_purchases AS
SELECT
    slot,
    signature,
    buyer_user_id,
    NULL::integer AS named_seller_id,
    content_type::text AS content_type,
    content_id,
    created_at,
    (amount - extra_amount) / 1000000 AS dollars
FROM v_usdc_purchases
WHERE amount - extra_amount >= 1000000
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
