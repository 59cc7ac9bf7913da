-- So many contests end while the block is made: those that were to go on longest, or ended last.
UPDATE events SET end_date = %(at)s::timestamp - interval '1 minute', blocknumber = %(block)s, updated_at = %(at)s
WHERE event_id IN (
    SELECT e.event_id
    FROM events AS e
    JOIN tracks AS t ON t.track_id = e.entity_id AND t.is_current AND NOT t.is_delete AND NOT t.is_unlisted
    WHERE
        e.event_type = 'remix_contest'
        AND e.end_date NOT BETWEEN %(at)s::timestamp - interval '1 day' AND %(at)s::timestamp
    ORDER BY e.end_date DESC
    LIMIT %(rows)s
)
