"""Another program that finds the queue in its environment and puts events; it is for the tests of the queue."""

import os
import sys

from veritas.core.ipc import deserialize_queue_from_env
from veritas.events.progress import ProgressEvent


def main(count: int) -> None:
    queue = deserialize_queue_from_env()
    assert queue is not None
    queue.put({"environment": [name for name in os.environ if name.startswith("AUDIT_QUEUE")]})
    for seq in range(1, count + 1):
        queue.put(ProgressEvent(phase="scout", step="navigating", seq=seq, data=bytes([seq % 256])))


if __name__ == "__main__":
    main(int(sys.argv[1]))
