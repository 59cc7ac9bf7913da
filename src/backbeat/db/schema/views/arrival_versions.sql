-- What was known of how users came: user_events keeps every version itself, in the order of the chain. As of a block holds what
-- has since_block at or below it, and until_block, if any, above.
CREATE OR REPLACE VIEW backbeat.arrival_versions AS
SELECT
    came.user_id,
    came.id,
    came.blocknumber AS since_block,
    (
        SELECT later.blocknumber
        FROM user_events AS later
        WHERE later.user_id = came.user_id AND later.id > came.id
        ORDER BY later.id
        LIMIT 1
    ) AS until_block,
    came.referrer,
    came.is_mobile_user
FROM user_events AS came;
