INSERT INTO etl_validators AS known (
    address, endpoint, comet_address, node_type, spid, voting_power, status, registered_at, deregistered_at,
    created_at, updated_at
)
SELECT
    address, endpoint, comet_address, node_type, spid, voting_power, status, registered_at, deregistered_at,
    created_at, updated_at
FROM json_populate_recordset(NULL::etl_validators, %(rows)s)
ON CONFLICT (comet_address) DO UPDATE
SET
    address = excluded.address,
    endpoint = excluded.endpoint,
    node_type = excluded.node_type,
    spid = excluded.spid,
    voting_power = excluded.voting_power,
    status = excluded.status,
    registered_at = excluded.registered_at,
    deregistered_at = excluded.deregistered_at,
    updated_at = excluded.updated_at
