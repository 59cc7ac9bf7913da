-- The bytes of a refused transaction once, however many of its plays were refused. "upto_bytes" is a running total of what
-- refusals take, rows and bytes, in the order of the chain: the newest less the oldest is what there is, at no scan.
CREATE TABLE backbeat.rejected_bytes (
    chain_id text NOT NULL,
    height bigint NOT NULL,
    tx_index integer NOT NULL,
    upto_bytes bigint NOT NULL,
    raw bytea NOT NULL,
    PRIMARY KEY (chain_id, height, tx_index)
);

INSERT INTO backbeat.rejected_bytes (chain_id, height, tx_index, upto_bytes, raw)
SELECT
    chain_id,
    height,
    tx_index,
    sum(octet_length(raw)) OVER (PARTITION BY chain_id ORDER BY height, tx_index ROWS UNBOUNDED PRECEDING),
    raw
FROM (
    SELECT DISTINCT ON (chain_id, height, tx_index) chain_id, height, tx_index, raw
    FROM backbeat.rejected_transactions
    ORDER BY chain_id, height, tx_index, play_index
) AS refused;

-- "refused_plays": how many plays of the transaction were refused in all, on the rows that speak of single plays.
ALTER TABLE backbeat.rejected_transactions
DROP COLUMN raw,
ADD COLUMN refused_plays integer NOT NULL DEFAULT 0;

WITH counted AS (
    SELECT chain_id, height, tx_index, count(*)::integer AS plays
    FROM backbeat.rejected_transactions
    WHERE play_index >= 0
    GROUP BY chain_id, height, tx_index
)
UPDATE backbeat.rejected_transactions AS refused
SET refused_plays = counted.plays
FROM counted
WHERE
    refused.play_index >= 0
    AND (refused.chain_id, refused.height, refused.tx_index) = (counted.chain_id, counted.height, counted.tx_index);
