UPDATE etl_validators AS known
SET status = gone.status, deregistered_at = gone.deregistered_at, updated_at = gone.updated_at
FROM json_populate_recordset(NULL::etl_validators, %(rows)s) AS gone
WHERE known.comet_address = gone.comet_address
