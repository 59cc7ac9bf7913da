-- Up to which slot a program beside the chain has told of what was paid
SELECT max(slot) AS slot FROM {table}
