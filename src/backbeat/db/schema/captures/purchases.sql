-- Purchases. Rows of the Solana indexers arrive out of order and turn valid late, so they are followed by the change log.
SELECT backbeat.capture('sol_purchases', 'purchases', ARRAY['signature']);
