-- Tips, by sender.
SELECT backbeat.capture('user_tips', 'tips', ARRAY['sender_user_id']);
