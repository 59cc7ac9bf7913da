DELETE FROM skipped_transactions
WHERE txhash = ANY (%(hashes)s) AND level = 'node'
