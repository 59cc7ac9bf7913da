INSERT INTO blocks (blockhash, parenthash, is_current, number)
SELECT 'b' || number, 'b' || (number - 1), CASE WHEN number = %(blocks)s::int THEN true END, number
FROM generate_series(1, %(blocks)s::int) AS number
