-- Valid purchases in the shape of the older table. The seller is the present owner of the content. Amounts are micro-USDC,
-- list prices are cents: one cent is 10,000. Without a price on record nothing counts as extra.
CREATE OR REPLACE VIEW v_usdc_purchases AS
SELECT
    purchase.slot,
    purchase.signature,
    purchase.buyer_user_id,
    coalesce(track.owner_id, playlist.playlist_owner_id) AS seller_user_id,
    purchase.amount,
    purchase.content_type::usdc_purchase_content_type AS content_type,
    purchase.content_id,
    purchase.created_at,
    purchase.created_at AS updated_at,
    coalesce(
        greatest(
            purchase.amount
            - 10000 * backbeat.list_price(purchase.content_type, purchase.content_id, purchase.created_at),
            0
        ),
        0
    ) AS extra_amount,
    purchase.access_type::usdc_purchase_access_type AS access,
    purchase.city,
    purchase.region,
    purchase.country,
    payment.splits
FROM sol_purchases AS purchase
LEFT JOIN tracks AS track
    ON purchase.content_type = 'track' AND track.track_id = purchase.content_id AND track.is_current
LEFT JOIN playlists AS playlist
    ON purchase.content_type IN ('playlist', 'album')
    AND playlist.playlist_id = purchase.content_id
    AND playlist.is_current
CROSS JOIN LATERAL (
    SELECT coalesce(
        jsonb_agg(
            jsonb_build_object(
                'payout_wallet', route.to_account,
                'amount', route.amount,
                'percentage', route.amount * 100.0 / nullif(purchase.amount, 0)
            )
            ORDER BY route.route_index
        ),
        '[]'
    ) AS splits
    FROM sol_payments AS route
    WHERE route.signature = purchase.signature AND route.instruction_index = purchase.instruction_index
) AS payment
WHERE purchase.is_valid;
