"""The chain explorer's audit tables, where they are wanted."""
