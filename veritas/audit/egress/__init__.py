"""The egress guard: where an audit may connect to, and the one door that all of its connections go through."""
