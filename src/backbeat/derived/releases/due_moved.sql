SELECT {place} AS place
FROM ({window}) AS due (found)
WHERE due.found
