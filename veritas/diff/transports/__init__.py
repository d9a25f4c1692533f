"""How the transports of one run differ."""
