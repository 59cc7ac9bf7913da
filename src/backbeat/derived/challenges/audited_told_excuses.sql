-- Rows that nobody was told of, or paid.
SELECT
    compared.challenge_id,
    compared.specifier,
    'nobody_was_told' AS reason
FROM {compared} AS compared
WHERE compared.expected IS NOT NULL AND compared.expected ->> 'is_complete' IS NULL
