-- inlined
CREATE OR REPLACE FUNCTION backbeat.silencing_followers() RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 1700000
$$;

COMMENT ON FUNCTION backbeat.silencing_followers () IS
'How many followers those who mute a user, or report a comment, have together so that nobody hears of the comments (domain: chain and entities, 5.5.7).';
