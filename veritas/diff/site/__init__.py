"""How the audits of one site differ over time."""
