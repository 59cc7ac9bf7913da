"""What becomes of every field of every payload, declared field by field from the rules of the network."""
