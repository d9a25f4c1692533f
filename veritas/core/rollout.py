"""Which mode an audit gets, and why.

In this order: a command-line flag, then `QUEUE_IPC_MODE`, then the rollout, whose share is `QUEUE_IPC_ROLLOUT` if that
is set, else that of the stage that the log's ledger says (`veritas.rollout`), else 10%. The rollout's decision is
sticky: the audit's id has a fixed bucket in [0, 1), and it gets the queue where the bucket is below the share, so
raising the share keeps everyone who is already in.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import asdict, dataclass

from veritas.config import Settings
from veritas.errors import InvalidSetting
from veritas.events.recorder_events import IpcModeSelected

IPC_MODE_QUEUE = "queue"
IPC_MODE_STDOUT = "stdout"
IPC_MODE_VALIDATE = "validate"

# The flag by which an audit is run several times; its runs are known by it, for it is the origin of their modes.
VALIDATE_BY = "--validate-by"

DEFAULT_SHARE = 0.10
ROLLOUT = "queue-ipc"

_MODES = {
    "queue": IPC_MODE_QUEUE,
    "stdout": IPC_MODE_STDOUT,
    "fallback": IPC_MODE_STDOUT,
    "validate": IPC_MODE_VALIDATE,
}


@dataclass(frozen=True)
class Decision:
    """A mode, and what it follows from.

    Attributes:
        mode: `queue`, `stdout` or `validate`.
        reason: In OpenFeature's words: STATIC for a flag or variable, SPLIT for the rollout.
        origin: The flag or variable that decided, or the rollout's name.
        bucket: Where the audit stands in [0, 1), if the rollout decided.
        share: The share of audits that get the queue, if the rollout decided.
        share_origin: Where that share comes from: `QUEUE_IPC_ROLLOUT`, a stage such as `stage 25%`, or `default`.
    """

    mode: str
    reason: str
    origin: str
    bucket: float | None = None
    share: float | None = None
    share_origin: str | None = None

    def event(self) -> IpcModeSelected:
        """Return the decision as the log keeps it."""
        return IpcModeSelected(**asdict(self))


@dataclass(frozen=True)
class StageInForce:
    """Which share of the audits gets the queue by a rollout's ledger.

    Attributes:
        rollout: The rollout.
        stage: The stage's name.
        share: 0.0-1.0.
    """

    rollout: str
    stage: str
    share: float


def decide(
    settings: Settings,
    *,
    key: str | None = None,
    stage: StageInForce | None = None,
    use_queue_ipc: bool = False,
    use_stdout: bool = False,
    validate_ipc: bool = False,
) -> Decision:
    """Return the mode of the audit whose id is *key*; without a key the rollout draws at random.

    Args:
        settings: The environment's.
        key: The audit's id.
        stage: The stage that is in force by the log; None where none was ever recorded.
        use_queue_ipc: The flag; it wins over *use_stdout*.
        use_stdout: The flag.
        validate_ipc: The flag; it wins over both.

    Raises:
        InvalidSetting: `QUEUE_IPC_MODE` or `QUEUE_IPC_ROLLOUT` has a value that means nothing.
    """
    for given, mode, flag in (
        (validate_ipc, IPC_MODE_VALIDATE, "--validate-ipc"),
        (use_queue_ipc, IPC_MODE_QUEUE, "--use-queue-ipc"),
        (use_stdout, IPC_MODE_STDOUT, "--use-stdout"),
    ):
        if given:
            return Decision(mode, "STATIC", flag)
    if settings.ipc_mode is not None:
        return Decision(parse_mode(settings.ipc_mode), "STATIC", "QUEUE_IPC_MODE")
    if settings.rollout is not None:
        share, share_origin = parse_share(settings.rollout), "QUEUE_IPC_ROLLOUT"
    elif stage is not None:
        share, share_origin = stage.share, f"stage {stage.stage}"
    else:
        share, share_origin = DEFAULT_SHARE, "default"
    rollout = ROLLOUT if stage is None else stage.rollout
    bucket = random.random() if key is None else bucket_of(key, rollout)
    mode = IPC_MODE_QUEUE if bucket < share else IPC_MODE_STDOUT
    return Decision(mode, "SPLIT", rollout, bucket, share, share_origin)


def bucket_of(key: str, rollout: str = ROLLOUT) -> float:
    """Return the fixed place of *key* in [0, 1): the first 53 bits of SHA-256 over `rollout:key`, as a fraction."""
    digest = hashlib.sha256(f"{rollout}:{key}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def parse_mode(text: str) -> str:
    """Return the mode that `QUEUE_IPC_MODE` names; `fallback` is stdout.

    Raises:
        InvalidSetting: It names none.
    """
    mode = _MODES.get(text.strip().lower())
    if mode is None:
        raise InvalidSetting(f"QUEUE_IPC_MODE is {text!r}; set it to one of {', '.join(_MODES)}, or unset it.")
    return mode


def parse_share(text: str) -> float:
    """Return the share of audits that get the queue, 0.0-1.0.

    Raises:
        InvalidSetting: It is not a number, or out of range; where it looks like a percentage, it says what was meant.
    """
    try:
        share = float(text)
    except ValueError:
        share = float("nan")
    if 0.0 <= share <= 1.0:
        return share
    if 1.0 < share <= 100.0:
        raise InvalidSetting(
            f"QUEUE_IPC_ROLLOUT is {text!r}, but it is a share from 0.0 to 1.0; for {share:g}% set {share / 100:g}."
        )
    raise InvalidSetting(
        f"QUEUE_IPC_ROLLOUT is {text!r}; set it to a share from 0.0 to 1.0, such as 0.25, or unset it."
    )
