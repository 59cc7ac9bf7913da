-- What the indexer knows of its chain source beyond the head that counts: what a node says now, even where it said more
-- before, what is the matter with it, and how the second node, if there is one, last compared.
ALTER TABLE backbeat.indexer
    ADD COLUMN source_height bigint,
    ADD COLUMN source_problem text NOT NULL DEFAULT '',
    ADD COLUMN witness_height bigint,
    ADD COLUMN witness_problem text NOT NULL DEFAULT '';
