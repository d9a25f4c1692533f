"""What an audit takes pictures of."""

NONE = "none"
VIEWPORT = "viewport"  # the window of each page
FULL = "full"  # the window, and the whole page

SCREENSHOTS = (NONE, VIEWPORT, FULL)
