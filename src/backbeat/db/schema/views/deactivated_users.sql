-- Users who deactivated their account, and so earn nothing. A user of whom no row is known is not among them.
CREATE OR REPLACE VIEW backbeat.deactivated_users AS
SELECT user_id
FROM users
WHERE is_current AND is_deactivated;
