"""`python -m tests.benchmarks NAME [--json]`: run one benchmark and print its figures."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable

import tests.benchmarks


def main() -> int:
    """Run the benchmark that the first argument names."""
    names = sorted(module.name for module in pkgutil.iter_modules(tests.benchmarks.__path__) if module.name[0] != "_")
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print(f"usage: python -m tests.benchmarks {{{','.join(names)}}} [--json]", file=sys.stderr)
        return 2
    run: Callable[[list[str]], int] = importlib.import_module(f"tests.benchmarks.{sys.argv[1]}").main
    return run(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
