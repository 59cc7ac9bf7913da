-- How far each audit by ranges has come, and what it found: one that an operator asked for, and the one that goes round for
-- ever. "found" and "last_found" are of the round under way and of the last one that came to its end.
CREATE TABLE backbeat.audits (
    audit text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('asked', 'rolling')),
    started_at timestamptz NOT NULL,
    moved_at timestamptz NOT NULL,
    ended_at timestamptz, -- NULL: the round is under way
    after_key text,       -- the last key that was visited; NULL: none yet
    found jsonb NOT NULL,
    last_found jsonb,
    last_ended_at timestamptz,
    PRIMARY KEY (audit, purpose)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_analyze_threshold = 500000);

-- When verification may go on: what it took is spread over its budget.
CREATE TABLE backbeat.verification (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    next_at timestamptz NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_analyze_threshold = 500000);
