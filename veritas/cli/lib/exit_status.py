"""The exit statuses of the command line."""

from __future__ import annotations

YES = 0
NO = 1  # the answer is no: different, tampered with, gate not passed, audit failed
ERROR = 2  # a usage error, or a request that cannot be carried out
BUG = 3
INTERRUPTED = 130
BROKEN_PIPE = 141  # the reader closed stdout
