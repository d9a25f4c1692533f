"""Regular expressions that several formats need."""

COLOUR = rb"\x1b\[[0-9;:]*[mK]"  # the escape sequences with which a terminal shows colours
RESET = rb"\x1b\[0?m"  # the sequence that ends a colour
LEVEL = rb"(?i:trace|debug|info|notice|warn|warning|err|error|critical|fatal)"  # of a message; it is not a name
