-- Where an act stands that no block holds, as a release past the chain or what a replay applied: behind all that was
-- done so far, in front of the next block with entities. The job that tells of acts holds its position while it works and
-- removes what it was told of, so who adds acts there waits for it, and it for them.
CREATE OR REPLACE FUNCTION backbeat.place_between_blocks(
    OUT last_block integer, OUT blocknumber integer, OUT place integer, OUT ordinal integer
)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO indexing_checkpoints (tablename, last_checkpoint) VALUES ('notifications', 0)
    ON CONFLICT (tablename) DO NOTHING;
    PERFORM FROM indexing_checkpoints AS kept WHERE kept.tablename = 'notifications' FOR NO KEY UPDATE;

    SELECT at.block_number INTO STRICT last_block FROM backbeat.cursor AS at;
    blocknumber := last_block + 1;
    place := -1;
    SELECT coalesce(max(act.ordinal), -1) + 1 INTO ordinal
    FROM backbeat.acts AS act
    WHERE act.blocknumber = last_block + 1 AND act.place = -1;
END $$;

COMMENT ON FUNCTION backbeat.place_between_blocks () IS
'The first free place between the last block and the next one for acts that no block holds, kept free until the commit.';
