"""The public functions for the event queue between an audit's two processes, and for the choice of the mode."""

from __future__ import annotations

import contextlib
import logging
import math
import secrets
import sys
from multiprocessing import AuthenticationError, connection
from pathlib import Path
from queue import Empty, Full
from typing import Any

from veritas.channels.queue_client import QueueProxy
from veritas.channels.queue_server import KEY_BYTES, QueueManager
from veritas.config import QUEUE_ADDRESS, QUEUE_KEY, Settings, take_variable
from veritas.core.mode_decision import (
    DEFAULT_SHARE,
    IPC_MODE_QUEUE,
    IPC_MODE_STDOUT,
    IPC_MODE_VALIDATE,
    decide,
    parse_mode,
)
from veritas.errors import InvalidSetting, QueueUnavailable
from veritas.events.fallback import NOT_CREATED, NOT_GIVEN, NOT_REACHED, REFUSED
from veritas.events.progress import ProgressEvent
from veritas.scratch import HeldDirectory

__all__ = [
    "IPC_MODE_QUEUE",
    "IPC_MODE_STDOUT",
    "IPC_MODE_VALIDATE",
    "create_queue",
    "deserialize_queue_from_env",
    "determine_ipc_mode",
    "get_rollout_percentage",
    "safe_put",
    "serialize_queue",
]

_log = logging.getLogger(__name__)


def create_queue(maxsize: int = 1000) -> QueueProxy:
    """Start a manager process with one queue and return the queue; its `close` ends the process.

    Raises:
        QueueUnavailable: The socket cannot be created, or the process does not start.
    """
    return start_manager(maxsize)[1]


def start_manager(maxsize: int = 1000) -> tuple[QueueManager, QueueProxy]:
    """Start a manager process with one queue and return both; see `create_queue`."""
    directory: HeldDirectory | None = None
    try:
        if sys.platform == "win32":
            address = connection.arbitrary_address("AF_PIPE")
        else:
            directory = HeldDirectory.make()
            address = str(Path(directory.path) / "q")
        manager = QueueManager(address, secrets.token_bytes(KEY_BYTES), directory)
        return manager, manager.serve(maxsize)
    except Exception as error:  # a manager raises whatever its server raised
        if directory is not None:
            directory.remove()
        raise QueueUnavailable(f"The event queue cannot be created: {_sentence(error)}.", kind=NOT_CREATED) from error


def serialize_queue(queue: QueueProxy) -> tuple[str, str]:
    """Return the two strings with which another process connects to *queue*: its address, and its key in hex.

    Put them into that process's environment as `AUDIT_QUEUE_ADDRESS` and `AUDIT_QUEUE_KEY`. The key is a secret.
    """
    return queue.address, queue.key.hex()


def deserialize_queue_from_env() -> QueueProxy | None:
    """Take the queue's address and key out of the environment and connect; return None if they are not set.

    Raises:
        QueueUnavailable: They are set, but no queue answers, or it does not accept the key.
    """
    return connect_to_queue(take_variable(QUEUE_ADDRESS), take_variable(QUEUE_KEY))


def connect_to_queue(address: str | None, key_in_hex: str | None) -> QueueProxy | None:
    """Connect to the queue at *address*; return None if one of the two is missing.

    Raises:
        QueueUnavailable: No queue answers, or it does not accept the key.
    """
    if not address or not key_in_hex:
        return None
    try:
        key = bytes.fromhex(key_in_hex)
    except ValueError:
        message = "AUDIT_QUEUE_KEY is not a key in hex; the parent has to set it."
        raise QueueUnavailable(message, kind=NOT_GIVEN) from None
    try:
        proxy = QueueProxy(address, key)
        proxy.connect()
    except Exception as error:  # a manager raises whatever its server raised
        kind = REFUSED if isinstance(error, AuthenticationError) else NOT_REACHED
        message = f"The event queue at {address!r} cannot be reached: {_sentence(error)}."
        raise QueueUnavailable(message, kind=kind) from error
    return proxy


def safe_put(queue: Any, event: Any, logger: logging.Logger, timeout: float = 1.0) -> bool:
    """Put *event*; if the queue stays full for *timeout* seconds, drop the oldest item.

    Every dropped item and every failure is logged as a warning.

    Returns:
        Whether the event is in the queue.
    """
    try:
        try:
            queue.put(event, timeout=timeout)
            return True
        except Full:
            with contextlib.suppress(Empty):
                logger.warning("The event queue is full: dropped the oldest item, %s.", _name(queue.get_nowait()))
            queue.put_nowait(event)
            return True
    except Full:
        logger.warning("The event queue stays full: dropped %s.", _name(event))
    except ValueError as error:
        logger.warning("The event queue does not take %s: %s.", _name(event), _sentence(error))
    except (OSError, EOFError) as error:
        logger.warning("The event queue is gone (%s): dropped %s.", _sentence(error), _name(event))
    return False


def determine_ipc_mode(
    cli_use_queue_ipc: bool = False, cli_use_stdout: bool = False, cli_validate_ipc: bool = False
) -> str:
    """Return the mode that follows from flags, environment and rollout; the rollout draws at random.

    An invalid variable is ignored with a warning; `rollout.decide` raises an error instead.
    """
    settings = Settings.from_environment()
    mode = settings.ipc_mode
    if mode is not None:
        try:
            parse_mode(mode)
        except InvalidSetting as error:
            _log.warning("%s It is ignored.", error)
            mode = None
    return decide(
        Settings(ipc_mode=mode, rollout=repr(get_rollout_percentage())),
        use_queue_ipc=cli_use_queue_ipc,
        use_stdout=cli_use_stdout,
        validate_ipc=cli_validate_ipc,
    ).mode


def get_rollout_percentage() -> float:
    """Return the share in `QUEUE_IPC_ROLLOUT`, 0.0-1.0: 0.1 if unset or not a number, clamped if out of range."""
    text = Settings.from_environment().rollout
    if text is None:
        return DEFAULT_SHARE
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if math.isnan(share):
        _log.warning("QUEUE_IPC_ROLLOUT is %r, not a number; %g is used.", text, DEFAULT_SHARE)
        return DEFAULT_SHARE
    clamped = min(max(share, 0.0), 1.0)
    if clamped != share:
        _log.warning("QUEUE_IPC_ROLLOUT is %r, not within 0.0 to 1.0; %g is used.", text, clamped)
    return clamped


def _name(item: Any) -> str:
    if isinstance(item, ProgressEvent):
        return f"event {item.seq} ({item.phase}/{item.step})"
    return f"{item!r:.100}"


def _sentence(error: BaseException) -> str:
    paragraph = " ".join(str(error).strip().partition("\n\n")[0].split())
    return paragraph.rstrip(".") or type(error).__name__
