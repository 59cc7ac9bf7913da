INSERT INTO backbeat.transaction_counts AS total (kind, pair, outcome, reason, count, plays)
SELECT kind, pair, outcome, reason, count, plays
FROM json_to_recordset(%(counts)s) AS fresh (
    kind text, pair text, outcome text, reason text, count bigint, plays bigint
)
ON CONFLICT (kind, pair, outcome, reason) DO UPDATE
SET count = total.count + excluded.count, plays = total.plays + excluded.plays
