"""The chain: where blocks come from, and what they say. Knows protobuf and nothing of PostgreSQL."""

import os

# We start PostgreSQL's programs beside a live gRPC channel and never use gRPC in a forked child. gRPC reads this when
# it is imported, and from 1.81 on its handler in the child ends now and then what was started (grpc/grpc issue 43055).
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
