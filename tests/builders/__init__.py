"""Makes blocks for tests: the wallets of the domain's vectors sign real transactions."""
