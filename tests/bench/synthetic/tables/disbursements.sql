-- Nine in ten rewards are paid when a week has passed since, and none before.
INSERT INTO challenge_disbursements (challenge_id, user_id, specifier, signature, slot, amount, created_at)
SELECT
    challenge_id, user_id, specifier, bench.txhash(hashtextextended(specifier, 151)), completed_blocknumber, amount,
    completed_at + interval '8 days'
FROM user_challenges
WHERE
    is_complete AND completed_at < %(ending)s::timestamp - interval '8 days'
    AND bench.draw(hashtextextended(specifier, 151), 152) < 0.9
