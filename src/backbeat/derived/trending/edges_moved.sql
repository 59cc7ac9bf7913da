SELECT {place} AS place
FROM reached
CROSS JOIN LATERAL ({window}) AS looked
WHERE NOT looked.known OR looked.upto <> looked.after OR looked.is_owing
