-- What is told of a table; one row more than there may be says that there are more
(
    SELECT {channel} AS channel, r.blocknumber, {payload} AS payload
    FROM {table} AS r
    WHERE {current} AND r.blocknumber > held.after AND r.blocknumber <= held.upto
    ORDER BY r.blocknumber
    LIMIT %(rows_max)s + 1
)
