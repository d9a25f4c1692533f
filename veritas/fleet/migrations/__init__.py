"""The migrations of the fleet's own tables, in the order of their names."""
