UNION ALL
SELECT own.place
FROM ({probe}) AS own
WHERE NOT EXISTS (SELECT FROM told WHERE told.place = {place})
