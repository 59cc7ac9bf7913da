"""An entity transaction as it stands in a block: who sent it, who signed it, which handler takes it."""
