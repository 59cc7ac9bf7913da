"""Handlers of what users are told: announcements, what was seen, and what users want to hear of no more."""
