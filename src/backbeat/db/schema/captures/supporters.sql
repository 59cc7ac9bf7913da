-- Users of whom others support another number, or who do.
SELECT backbeat.capture('backbeat.supporters', 'supporters', ARRAY['user_id']);
