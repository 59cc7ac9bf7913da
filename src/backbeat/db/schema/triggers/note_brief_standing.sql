-- Notes users whose standing may have come and gone within one batch of blocks: the table of users shows the last of it
-- alone, the history all of it.
CREATE OR REPLACE FUNCTION backbeat.note_brief_standing() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO backbeat.standing_changes (blocknumber, user_id)
    SELECT DISTINCT edge.block, brief.user_id
    FROM new_rows AS brief
    CROSS JOIN LATERAL (VALUES (brief.since_block), (brief.until_block)) AS edge (block)
    WHERE
        brief.until_block IS NOT NULL
        AND brief.since_block > coalesce((SELECT at.block_number FROM backbeat.cursor AS at), -1)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER brief_standing_kept AFTER INSERT ON backbeat.past_users
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.note_brief_standing();
