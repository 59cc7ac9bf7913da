"""The chain: where blocks come from, and what they say. Knows protobuf and nothing of PostgreSQL."""

import os

# We start PostgreSQL's programs beside a live gRPC channel and never use gRPC in a forked child.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
