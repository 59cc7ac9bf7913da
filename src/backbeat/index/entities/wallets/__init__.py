"""Handlers of wallets besides the one that signs, and of collectibles."""
