"""The decision which mode an audit gets.

A command-line flag decides before `QUEUE_IPC_MODE`, and that before the rollout. The rollout's share is
`QUEUE_IPC_ROLLOUT` if that is set, else that of the current stage in the log's ledger (`veritas.rollout`), else 10%.
The rollout's decision is sticky: each audit id has a fixed bucket in [0, 1), and the audit gets the queue if its bucket
is below the share, so raising the share keeps every audit that gets it already.
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

# The flag that runs an audit several times. It is the origin of its runs' modes, by which they are recognised.
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
    """A mode, and the reasons for it.

    Attributes:
        mode: `queue`, `stdout` or `validate`.
        reason: In OpenFeature's words: STATIC for a flag or variable, SPLIT for the rollout.
        origin: The flag or variable that decided, or the rollout's name.
        bucket: The audit's bucket in [0, 1), if the rollout decided.
        share: The share of audits that get the queue, if the rollout decided.
        share_origin: The origin of that share: `QUEUE_IPC_ROLLOUT`, a stage such as `stage 25%`, or `default`.
    """

    mode: str
    reason: str
    origin: str
    bucket: float | None = None
    share: float | None = None
    share_origin: str | None = None

    def event(self) -> IpcModeSelected:
        """Return the event that records the decision."""
        return IpcModeSelected(**asdict(self))


@dataclass(frozen=True)
class StageInForce:
    """The current stage of a rollout, by its ledger.

    Attributes:
        rollout: The rollout.
        stage: The stage's name.
        share: The share of the audits that get the queue, 0.0-1.0.
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
    """Return the decision for the audit whose id is *key*; without a key the rollout draws at random.

    Args:
        settings: The settings from the environment.
        key: The audit's id.
        stage: The current stage by the log; None if none was ever recorded.
        use_queue_ipc: The flag `--use-queue-ipc`; it wins over *use_stdout*.
        use_stdout: The flag `--use-stdout`.
        validate_ipc: The flag `--validate-ipc`; it wins over both.

    Raises:
        InvalidSetting: `QUEUE_IPC_MODE` or `QUEUE_IPC_ROLLOUT` is invalid.
    """
    for is_set, mode, flag in (
        (validate_ipc, IPC_MODE_VALIDATE, "--validate-ipc"),
        (use_queue_ipc, IPC_MODE_QUEUE, "--use-queue-ipc"),
        (use_stdout, IPC_MODE_STDOUT, "--use-stdout"),
    ):
        if is_set:
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
    """Return the fixed bucket of *key* in [0, 1): the first 53 bits of SHA-256 over `rollout:key`, as a fraction."""
    digest = hashlib.sha256(f"{rollout}:{key}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def parse_mode(text: str) -> str:
    """Return the mode that `QUEUE_IPC_MODE` names; `fallback` is stdout.

    Raises:
        InvalidSetting: It is not the name of a mode.
    """
    mode = _MODES.get(text.strip().lower())
    if mode is None:
        raise InvalidSetting(f"QUEUE_IPC_MODE is {text!r}; set it to one of {', '.join(_MODES)}, or unset it.")
    return mode


def parse_share(text: str) -> float:
    """Return the share of audits that get the queue, 0.0-1.0.

    Raises:
        InvalidSetting: It is not a number, or out of range; for a percentage, the message has the share to set.
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
