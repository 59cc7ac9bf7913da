SELECT backbeat.hold_blocks()
