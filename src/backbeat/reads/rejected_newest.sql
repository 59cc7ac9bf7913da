-- The newest chain first, of each no more than a page.
WITH page AS MATERIALIZED (
    SELECT
        chain.position,
        refused.*
    FROM backbeat.chains AS asked
    INNER JOIN backbeat.chains AS chain ON asked.position >= chain.position
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN chain.position = asked.position THEN %(height)s::bigint ELSE 9223372036854775807 END AS height,
            CASE WHEN chain.position = asked.position THEN %(tx_index)s::integer ELSE 2147483647 END AS tx_index,
            CASE WHEN chain.position = asked.position THEN %(play_index)s::bigint ELSE 2147483647 END AS play_index
    ) AS start
    CROSS JOIN LATERAL (
        SELECT *
        FROM backbeat.rejected_transactions AS candidate
        WHERE
            candidate.chain_id = chain.chain_id
            AND candidate.height >= %(since)s
            AND (%(user_id)s::bigint IS NULL OR candidate.user_id = %(user_id)s)
            AND (%(entity_type)s::text IS NULL OR candidate.entity_type = %(entity_type)s)
            AND (%(action)s::text IS NULL OR candidate.action = %(action)s)
            AND (candidate.height, candidate.tx_index, candidate.play_index) < (start.height, start.tx_index, start.play_index)
        ORDER BY candidate.height DESC, candidate.tx_index DESC, candidate.play_index DESC
        LIMIT %(limit)s
    ) AS refused
    WHERE asked.chain_id = coalesce(%(chain_id)s::text, (SELECT cursor.chain_id FROM backbeat.cursor AS cursor))
    ORDER BY chain.position DESC, refused.height DESC, refused.tx_index DESC, refused.play_index DESC
    LIMIT %(limit)s
)
SELECT
    listed.chain_id,
    listed.chain_id = cursor.chain_id AS followed,
    listed.height,
    listed.tx_index,
    listed.play_index,
    listed.refused_plays,
    listed.tx_hash,
    listed.block_time,
    listed.kind,
    left(listed.entity_type, 200) AS entity_type,
    left(listed.action, 200) AS action,
    listed.user_id,
    listed.entity_id,
    left(listed.signer, 200) AS signer,
    listed.reason,
    left(listed.field, 200) AS field,
    left(listed.detail, 200) AS detail,
    octet_length(kept.raw) AS raw_bytes,
    listed.became,
    listed.tried_at,
    listed.tried_by,
    listed.new_reason,
    left(listed.new_field, 200) AS new_field,
    left(listed.new_detail, 200) AS new_detail
FROM page AS listed
LEFT JOIN backbeat.rejected_bytes AS kept USING (chain_id, height, tx_index)
CROSS JOIN backbeat.cursor AS cursor
ORDER BY listed.position DESC, listed.height DESC, listed.tx_index DESC, listed.play_index DESC
