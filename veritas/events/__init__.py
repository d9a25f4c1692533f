"""The event: its types, wire form and versions."""
