-- inlined
CREATE OR REPLACE FUNCTION backbeat.tips_in_all(sender_user_id integer, receiver_user_id integer, kept bigint)
RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN kept < 9223372036854775807 THEN kept::numeric
        ELSE (
            SELECT sum(tip.amount)
            FROM backbeat.counted_tips AS tip
            WHERE tip.receiver_user_id = tips_in_all.receiver_user_id AND tip.sender_user_id = tips_in_all.sender_user_id
        )
    END
$$;

COMMENT ON FUNCTION backbeat.tips_in_all (integer, integer, bigint) IS
'What was counted of a user''s tips to another, whose sum is kept; tips are added up where that is as much as it can hold.';
