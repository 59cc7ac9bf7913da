"""Handlers of tracks."""
