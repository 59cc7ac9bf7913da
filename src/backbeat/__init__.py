"""Backbeat: a discovery indexer whose derived state costs what changed."""

__version__ = "0.1.0"
