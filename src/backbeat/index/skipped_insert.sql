INSERT INTO skipped_transactions (blocknumber, blockhash, txhash, level)
VALUES (%(number)s, %(block_hash)s, %(tx_hash)s, 'node')
