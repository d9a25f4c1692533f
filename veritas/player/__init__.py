"""The player of a recorded run in a browser: a time line, the screenshots, and the state at each event.

`recording` makes the player's data from a run's events. The script in `static` shows them, wherever they come from: a
source gives it the events, the patches of the state and the artifacts. `page` writes all of it into one HTML file.
"""
