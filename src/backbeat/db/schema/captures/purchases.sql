-- Purchases. Rows of the Solana indexers arrive out of order and turn valid late, so they are followed by the change log.
-- What is added to a row later, such as where the buyer was, does not have it judged again.
SELECT backbeat.capture(
    'sol_purchases', 'purchases', ARRAY['signature'],
    ARRAY['slot', 'amount', 'buyer_user_id', 'content_id', 'content_type', 'is_valid', 'created_at']
);

SELECT backbeat.capture(
    'usdc_purchases', 'purchases', ARRAY['signature'],
    ARRAY['slot', 'amount', 'buyer_user_id', 'seller_user_id', 'content_id', 'content_type', 'created_at']
);
