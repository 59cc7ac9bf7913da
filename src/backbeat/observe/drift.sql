SELECT
    derivation,
    found_rows,
    found_at
FROM backbeat.drift
ORDER BY derivation
