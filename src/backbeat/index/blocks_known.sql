SELECT blockhash, number
FROM blocks
WHERE blockhash = ANY (%(hashes)b) OR number = (SELECT max(number) FROM blocks)
