"""What the chain does not say of tracks and content nodes do: asked for, checked, and filled in where it is missing."""
