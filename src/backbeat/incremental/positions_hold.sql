SELECT
    ledger,
    name,
    stamp,
    instant,
    snapshot
FROM backbeat.hold_positions(
    %(checkpoints)s::text [], %(clocks)s::text [], %(consumers)s::text [], %(sweeps)s::text []
)
