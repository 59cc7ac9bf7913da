-- Slots of which a transaction of a user's bank became known, which dates the ranks that supporters reached there.
SELECT backbeat.capture('user_bank_txs', 'paid_slots', ARRAY['slot']);
