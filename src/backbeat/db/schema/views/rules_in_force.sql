-- after: frontier
-- Every version of the catalogue that holds, or held, for a block that is indexed: an edit is none of them before its first block.
CREATE OR REPLACE VIEW backbeat.rules_in_force AS
SELECT version.*
FROM backbeat.past_challenges AS version
WHERE version.from_block <= coalesce((SELECT frontier.block_number FROM backbeat.frontier), 0);
