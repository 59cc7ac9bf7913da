"""Handlers of events, such as remix contests."""
