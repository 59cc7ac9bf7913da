SELECT kind
FROM backbeat.acts
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY kind
