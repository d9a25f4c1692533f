"""Who may ask the server, for what and how often, and what a browser may do with the answer."""
