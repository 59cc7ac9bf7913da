SELECT kind
FROM backbeat.acts
WHERE blocknumber > %(after)s AND (blocknumber, place, ordinal) <= (%(number)s, %(place)s, %(ordinal)s)
GROUP BY kind
