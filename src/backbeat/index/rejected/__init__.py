"""Replays refused transactions: what this version can apply of them is applied, in the order of the chain."""
