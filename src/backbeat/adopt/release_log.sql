-- Nothing is logged while another indexer writes, so who reads the log recomputes everything once it is read again.
SELECT backbeat.log_everything(read.stream)
FROM (SELECT DISTINCT consumer.stream FROM backbeat.consumers AS consumer) AS read
