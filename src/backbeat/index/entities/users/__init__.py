"""Handlers of users."""
