-- A value as text; of a long one its beginning and a sum.
(
    SELECT CASE WHEN length(plain.text) > 200 THEN left(plain.text, 160) || ' ... ' || md5(plain.text) ELSE plain.text END
    FROM (SELECT {value}::text) AS plain (text)
)
