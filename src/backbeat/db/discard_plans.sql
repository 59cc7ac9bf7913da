-- The session's plans are made again as its statements, and those of functions that it calls, come the next time.
DISCARD PLANS
