"""What the worst legal transactions cost, and the shapes that they are made of."""
