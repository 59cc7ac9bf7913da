-- Who is verified, or was at the end of a block that was not judged yet.
SELECT
    person.user_id AS key,
    count(*) AS rows
FROM users AS person
WHERE
    person.blocknumber > %(after)s AND person.blocknumber <= %(upto)s
    AND (
        backbeat.is_active(person) AND person.is_verified
        OR EXISTS (
            SELECT FROM backbeat.past_users AS before
            WHERE
                before.user_id = person.user_id AND before.until_block > %(after)s
                AND before.is_verified AND NOT before.is_deactivated
        )
    )
GROUP BY person.user_id
