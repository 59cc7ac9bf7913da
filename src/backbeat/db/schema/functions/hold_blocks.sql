-- The block loop reads rows, applies blocks to them in memory and writes them whole. A change that another writer commits in
-- between would be undone. So the transactions of blocks share a lock from before they read (index/writes_blocks.sql), and
-- who changes rows of tracks, playlists or users past the chain takes it alone: that waits for the blocks in hand, and the
-- next ones wait for the end of its transaction. Who also adds acts calls place_between_blocks first.
CREATE OR REPLACE FUNCTION backbeat.hold_blocks() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('backbeat.blocks', 0));
END $$;

COMMENT ON FUNCTION backbeat.hold_blocks () IS
'Let the transaction change rows that blocks change too: between two blocks, none of which is written meanwhile.';
