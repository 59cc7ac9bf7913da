-- Versions that go on, as their rows did, but another program has changed the row since: each ends with the block that the row is
-- stamped with. One whose row bears no later block is forgotten, since nobody knows when it ended.
WITH changed AS (
    SELECT kept.ctid AS place, told.blocknumber, told.blocknumber > kept.since_block AS is_told
    FROM {past} AS kept
    LEFT JOIN {table} AS told ON {matches} AND {current}
    WHERE kept.until_block IS NULL AND {version_of}(told, kept.since_block, NULL) IS DISTINCT FROM kept
),
ended AS (
    UPDATE {past} AS kept
    SET until_block = changed.blocknumber
    FROM changed
    WHERE kept.ctid = changed.place AND changed.is_told
)
DELETE FROM {past} AS kept
USING changed
WHERE kept.ctid = changed.place AND changed.is_told IS NOT TRUE
