-- When which contest paid a prize.
CREATE OR REPLACE VIEW backbeat.contest_prizes AS
SELECT
    backbeat.from_hex(split_part(specifier, ':', 1)) AS event_id,
    created_at AS paid_at
FROM user_challenges
WHERE challenge_id = 'w';
