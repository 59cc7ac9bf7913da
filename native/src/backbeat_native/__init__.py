"""Reads the plays of a block for Backbeat, in C. Only ``backbeat.chain.native`` calls it."""
