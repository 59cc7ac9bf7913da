-- A migration may take long, and may wait for a lock no longer than the traffic that queues behind it should.
SELECT
    set_config('lock_timeout', %(lock_timeout)s, true),
    set_config('statement_timeout', '0', true),
    set_config('idle_in_transaction_session_timeout', '0', true),
    -- Behind a pooler the session is as the server made it, and a role named like a schema would make its tables there.
    set_config(
        'search_path',
        CASE current_setting('search_path')
            WHEN '"$user", public' THEN 'public'
            ELSE current_setting('search_path')
        END,
        true
    )
