"""The events of a batch's own stream."""

from __future__ import annotations

from typing import Any

import msgspec

from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events.base import RecorderEvent


class BatchCreated(RecorderEvent, frozen=True):
    """A batch of audits was requested: several URLs that are audited in the same way.

    It does not belong to a run. The batch has a stream of its own, which is called by the batch's id.

    Attributes:
        batch: The batch: `btch_` and 16 hex digits.
        origin: `audit` if the process that records this does the audits, `submit` if workers do.
        name: What the user calls it; None without a name.
        tags: The tags of all its audits.
        tier: The name of the tier.
        count: How many URLs it has.
        options: How the audits are done, as `veritas.recording.audit_options` has it, without secrets.
        flags: The flags that choose the IPC mode.
        secrets: The options of the login and the proxy whose values are secret, and not in the log.
        per_host: The least pause between two audits of one host, in seconds.
        obey_robots: Whether pages that robots.txt disallows are left out.
        veritas_version: The version of VERITAS.
        recorder: The process that records the batch.
    """

    type = "batch_created"
    batch: str
    origin: str
    name: str | None
    tags: list[str]
    tier: str
    count: int
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    flags: dict[str, bool] = msgspec.field(default_factory=dict)
    secrets: list[str] = msgspec.field(default_factory=list)
    per_host: float = 0.0
    obey_robots: bool = False
    veritas_version: str = ""
    recorder: ProcessIdentity | None = None


class BatchTargetsAdded(RecorderEvent, frozen=True):
    """Some of a batch's URLs; its other URLs are in further events of this type.

    Attributes:
        first: The number of the first URL among all of the batch, from 1.
        urls: The URLs, with masks in the place of secrets.
    """

    type = "batch_targets_added"
    first: int
    urls: list[str]


class BatchResumed(RecorderEvent, frozen=True):
    """A batch that had not come to its end was continued.

    Attributes:
        remaining: How many URLs have no completed audit yet.
        recorder: The process that records the batch from here on.
    """

    type = "batch_resumed"
    remaining: int
    recorder: ProcessIdentity


class BatchTargetSkipped(RecorderEvent, frozen=True):
    """A URL of a batch was not audited.

    Attributes:
        number: The number of the URL in the batch.
        kind: `robots_disallowed` if the site's robots.txt disallows it, `robots_unknown` if that cannot be known.
        reason: Why, in a sentence.
    """

    type = "batch_target_skipped"
    number: int
    kind: str
    reason: str


class BatchFinished(RecorderEvent, frozen=True):
    """No further audit of the batch will begin, unless it is resumed.

    Attributes:
        status: `completed` if every URL was audited or skipped, also if audits failed; `interrupted`, or `failed`.
        counts: How many URLs there are of each status: `completed`, `failed`, `interrupted`, `skipped`, `waiting`.
        error: Why the batch failed, in a sentence; None if it did not.
    """

    type = "batch_finished"
    status: str
    counts: dict[str, int]
    error: str | None = None
