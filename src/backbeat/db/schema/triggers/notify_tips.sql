-- Tells the two users of a tip.
CREATE OR REPLACE FUNCTION backbeat.notify_tips() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO notification (user_ids, type, group_id, specifier, slot, "timestamp", data)
    SELECT
        ARRAY[told.user_id],
        told.type,
        format('%s:user_id:%s:signature:%s', told.type, told.user_id, tip.signature),
        told.user_id::text,
        tip.slot,
        tip.created_at,
        jsonb_build_object(
            'sender_user_id', tip.sender_user_id, 'receiver_user_id', tip.receiver_user_id, 'amount', tip.amount,
            'tx_signature', tip.signature
        )
    FROM new_rows AS tip
    CROSS JOIN LATERAL (
        VALUES ('tip_receive', tip.receiver_user_id), ('tip_send', tip.sender_user_id)
    ) AS told (type, user_id)
    ORDER BY 3, 4, tip.slot
    ON CONFLICT (group_id, specifier) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER notify_tips AFTER INSERT ON user_tips
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION backbeat.notify_tips();
