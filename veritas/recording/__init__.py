"""The parent's side of one run: start the child, receive, number, append, compare, finish."""
