-- Rewards that were paid, by either of the tables that know of it (domain: challenges, 1).
CREATE OR REPLACE VIEW backbeat.paid_rewards AS
SELECT challenge_id, specifier FROM challenge_disbursements
UNION ALL
SELECT challenge_id, specifier FROM sol_reward_disbursements;
