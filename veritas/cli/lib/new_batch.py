"""Begin a batch from the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import veritas
from veritas.archive.archive import Archive
from veritas.archive.mask_key import mask_key
from veritas.audit.browser.finder import find_browser
from veritas.batch.batch import Batch
from veritas.batch.batch_log import create_batch
from veritas.batch.capacity import default_jobs
from veritas.batch.ids import new_batch_id
from veritas.batch.logins import BatchLogins
from veritas.batch.schedule import Target
from veritas.cli.lib.audit_options import AuditChoices
from veritas.cli.lib.batch_options import PER_HOST, BatchChoices
from veritas.cli.lib.running_batch import Output, Work, run_batch, say_what_is_open
from veritas.cli.lib.target_options import TargetChoices
from veritas.config import Settings
from veritas.core.mode_decision import decide
from veritas.events.recorder_events import BatchCreated
from veritas.recording.log_retry import LogRetry
from veritas.secrets import Secrets


def run_new_batch(
    *,
    targets: TargetChoices,
    batch: BatchChoices,
    choices: AuditChoices,
    flags: dict[str, bool],
    login: Mapping[str, Any],
    output: Output,
    database: str | None,
    database_timeout: float,
) -> int:
    """Audit many URLs; return the exit status.

    Raises:
        UsageError: A URL, a setting or an option is invalid; nothing was started.
    """
    urls = targets.read().urls
    options = choices.parse()
    find_browser(options.browser)
    logins = BatchLogins(urls, **login)
    decide(Settings.from_environment(), key="", stage=None, **flags)  # it refuses a variable that is invalid
    say_what_is_open(options, urls)
    retry = LogRetry(database_timeout)
    with Archive.open(database) as archive, output.opened(archive) as show:
        batch_id = new_batch_id()
        secrets = Secrets(mask_key(archive.log, batch_id))
        logins.register(secrets, urls)
        request = BatchCreated(
            batch=batch_id,
            origin="audit",
            name=targets.name,
            tags=list(targets.tags),
            tier=choices.tier,
            count=len(urls),
            options=options.public(),
            flags=flags,
            secrets=[*options.secret_names(), *logins.names],
            per_host=PER_HOST if batch.per_host is None else batch.per_host,
            obey_robots=batch.obey_robots,
            veritas_version=veritas.__version__,
        )
        log = create_batch(archive, request, urls, secrets=secrets, retry=retry)
        work = Work(
            batch=Batch.read(archive, log.batch),
            targets=[Target.of(number, url) for number, url in enumerate(urls, 1)],
            log=log,
            options=options,
            logins=logins,
            jobs=batch.jobs or default_jobs(),
            per_host=request.per_host,
        )
        return run_batch(archive, work, show, database_timeout)
