-- Whether another indexer writes the blocks, and jobs run beside it.
SELECT EXISTS (SELECT FROM backbeat.beside)
