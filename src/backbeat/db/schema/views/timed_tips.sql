-- When tips were sent.
CREATE OR REPLACE VIEW backbeat.timed_tips AS
SELECT
    sender_user_id,
    created_at
FROM user_tips;
