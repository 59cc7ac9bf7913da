"""Notifications and milestones that follow from what users do, as the acts of the block loop tell it."""
