-- The subscriptions of one kind. Older databases have no column for it: there all are to users.
SELECT subscribed.subscriber_id, subscribed.user_id, subscribed.is_delete, subscribed.blocknumber
FROM subscriptions AS subscribed
WHERE subscribed.is_current AND coalesce(to_jsonb(subscribed) ->> 'entity_type', 'User') = {kind}
