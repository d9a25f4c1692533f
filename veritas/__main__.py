"""Run the command line: as `python -m veritas`, and as `veritas`."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line; an interrupt during its import ends it with the same status as one later."""
    try:
        from veritas.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
