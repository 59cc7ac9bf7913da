-- A run that never ended, because its worker died or lost the database, is told in the history by whoever takes it over.

ALTER TABLE backbeat.jobs
    ADD COLUMN lost_runs bigint NOT NULL DEFAULT 0,
    DROP CONSTRAINT jobs_outcome_check,
    ADD CONSTRAINT jobs_outcome_check CHECK (outcome IN ('', 'changed', 'quiet', 'failed', 'cancelled', 'lost'));

ALTER TABLE backbeat.job_runs
    DROP CONSTRAINT job_runs_outcome_check,
    ADD CONSTRAINT job_runs_outcome_check CHECK (outcome IN ('changed', 'quiet', 'failed', 'cancelled', 'lost'));
