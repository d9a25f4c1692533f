"""The audit's own child program with a third transport and with phases that only emit events.

`python -m tests.channels.fifo_child JOURNAL ARGUMENTS OF THE CHILD`
"""

from __future__ import annotations

import sys

from tests.channels import fifo
from tests.faults.child import main
from tests.faults.fault import Fault, Journal

BURST = 300

if __name__ == "__main__":
    fifo.register()
    sys.exit(main(Fault(burst=BURST), Journal(sys.argv[1]), 0, sys.argv[2:]))
