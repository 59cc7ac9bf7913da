"""What the jobs of the schedule are measured with: what happens, and the network's own statements for it."""
