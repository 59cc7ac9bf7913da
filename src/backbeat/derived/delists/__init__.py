"""Which tracks and users the trusted notifier had taken down, or put back (domain: derived state, 4.4)."""
