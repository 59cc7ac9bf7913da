-- after: v_usdc_purchases
-- Purchases that audio is matched for: valid, of a user's content, a dollar or more without what was paid on top. The older
-- table holds valid ones alone, with their list price. A purchase may be in both.
CREATE OR REPLACE VIEW backbeat.matched_purchases AS
SELECT
    slot,
    signature,
    buyer_user_id,
    seller_user_id,
    content_id,
    created_at,
    (amount - extra_amount) / 1000000 AS dollars
FROM v_usdc_purchases
WHERE seller_user_id IS NOT NULL AND amount - extra_amount >= 1000000
UNION ALL
SELECT
    slot,
    signature,
    buyer_user_id,
    seller_user_id,
    content_id,
    created_at,
    amount / 1000000
FROM usdc_purchases
WHERE amount >= 1000000;
