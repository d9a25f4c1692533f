"""A child process that emits, for the tests of the channels: `python -m tests.channels.emitter MODE SCRIPT`.

The script is a comma-separated list of steps: a number emits that many events, anything else is a method of `Steps`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

from veritas.events.progress import ProgressEvent, encode_event
from veritas.recording.child import open_sender

# Of a child that emits until it is stopped. The tests read the whole log while it does.
BURST, PAUSE = 20, 0.02


class Steps:
    """The steps of a script."""

    def __init__(self, mode: str) -> None:
        self._sender = open_sender(mode)
        self._emitted = 0
        self._lock = threading.Lock()

    def emit(self, count: int, *, wait: bool = False, data: bytes | None = None) -> None:
        for _ in range(count):
            with self._lock:
                self._emitted += 1
                event = ProgressEvent(
                    phase="scout", step="x", seq=self._emitted, detail=f"é {self._emitted} " + "d" * 100, data=data
                )
                self._sender.send(encode_event(event), wait=wait)

    def barrier(self) -> None:
        self.emit(1, wait=True)

    def screenshot(self) -> None:
        self.emit(1, data=bytes(range(256)) * 20_000)

    def noise(self) -> None:
        print("no newline", end="")
        print("ünïcode", file=sys.stderr)
        sys.stdout.buffer.write(b"\xff\xfe bytes ")

    def threads(self) -> None:
        emitting = [threading.Thread(target=self.emit, args=(200,)) for _ in range(4)]
        for thread in emitting:
            thread.start()
        for thread in emitting:
            thread.join()

    def close(self) -> None:
        self._sender.close(self._emitted)

    def kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def exit(self) -> None:
        os._exit(3)

    def environment(self) -> None:
        subprocess.run([sys.executable, "-c", "import os; print(os.environ)"], check=True)
        print(os.environ, flush=True)

    def leave(self) -> None:
        sys.exit(4)

    def forever(self) -> None:
        while True:
            self.emit(BURST)
            time.sleep(PAUSE)

    def until_stopped(self) -> None:
        stopped = threading.Event()
        threading.Thread(target=lambda: (os.read(0, 1), stopped.set()), daemon=True).start()
        while not stopped.wait(PAUSE):
            self.emit(BURST)

    def lose(self) -> None:
        self._emitted += 3  # numbers that are never sent

    def mangle(self) -> None:
        self._sender.send(b"no json")


def main(mode: str, script: str) -> None:
    steps = Steps(mode)
    for step in script.split(","):
        if step.isdigit():
            steps.emit(int(step))
        else:
            getattr(steps, step)()


if __name__ == "__main__":
    main(*sys.argv[1:])
