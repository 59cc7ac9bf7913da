-- What became of each; one that is refused once more for what the same version said before is left as it is.
UPDATE backbeat.rejected_transactions AS refused
SET
    became = tried.became,
    tried_at = clock_timestamp(),
    tried_by = %(version)s,
    new_reason = tried.reason,
    new_field = tried.field,
    new_detail = tried.detail,
    message = tried.message
FROM unnest(
    %(heights)b::bigint[], %(tx_indexes)b::integer[], %(play_indexes)b::integer[], %(became)b::text[],
    %(reasons)b::text[], %(fields)b::text[], %(details)b::text[], %(messages)b::bytea[]
) AS tried (height, tx_index, play_index, became, reason, field, detail, message)
WHERE
    refused.chain_id = %(chain_id)s
    AND refused.height = tried.height
    AND refused.tx_index = tried.tx_index
    AND refused.play_index = tried.play_index
    AND (refused.became, refused.tried_by, refused.new_reason, refused.new_field)
    IS DISTINCT FROM (tried.became, %(version)s, tried.reason, tried.field)
