-- When valid purchases were made.
CREATE OR REPLACE VIEW backbeat.timed_purchases AS
SELECT
    signature,
    created_at
FROM sol_purchases
WHERE is_valid
UNION ALL
SELECT
    signature,
    created_at
FROM usdc_purchases;
