"""The state that a recording takes for granted: inferred from what its transactions refer to, loaded on request."""
