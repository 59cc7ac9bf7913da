SELECT backbeat.notify_ranks(%(slots)b::integer [])
