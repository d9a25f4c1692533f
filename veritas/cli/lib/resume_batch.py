"""Resume a batch from the command line, from its log alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import click
from click.core import ParameterSource
from msgspec import structs

from veritas.archive.archive import Archive
from veritas.archive.batches import resolve_batch
from veritas.archive.mask_key import mask_key
from veritas.audit.browser.finder import find_browser
from veritas.batch.batch import Batch
from veritas.batch.batch_log import BatchLog
from veritas.batch.capacity import default_jobs
from veritas.batch.liveness import resumable_batches, unended_runs, why_running
from veritas.batch.logins import BatchLogins
from veritas.batch.schedule import Target
from veritas.batch.summary import BatchSummary, summarize
from veritas.cli.lib.audit_options import AuditChoices
from veritas.cli.lib.batch_options import BatchChoices
from veritas.cli.lib.running_batch import Output, Work, run_batch, say_what_is_open
from veritas.cli.lib.target_options import TargetChoices
from veritas.errors import UsageError
from veritas.events.recorder_events import BatchCreated
from veritas.formatting import count, named_values
from veritas.recording.audit_options import AuditOptions
from veritas.recording.log_retry import LogRetry
from veritas.recording.takeover import end_abandoned
from veritas.secrets import Secrets

_HASH = re.compile(r"(\[secret:[^\]:]*|%5Bsecret:[^%:]*):[0-9a-f]{8}")  # of a mask

# What may be given with --resume: what is not in the log, or concerns this machine, or the output.
_WITH_RESUME = frozenset(
    {
        *("resume", "jobs", "per_host", "browser", "proxy"),
        *("urls", "from_file", "column", "header", "cookie", "basic_auth", "storage_state"),
        *("fail_on", "baseline", "junit", "sarif"),
        *("as_json", "file", "force", "database", "database_timeout", "verbose"),
    }
)


def resume_batch(
    ctx: click.Context,
    *,
    targets: TargetChoices,
    batch: BatchChoices,
    choices: AuditChoices,
    login: Mapping[str, Any],
    output: Output,
    database: str | None,
    database_timeout: float,
) -> int:
    """Audit the URLs of a batch that have no completed audit yet; return the exit status.

    Raises:
        UsageError: The batch does not exist or still runs, or something must be given again, or must not be given.
    """
    _refuse_other_options(ctx)
    assert batch.resume is not None
    with Archive.open(database, create=False) as archive, output.opened(archive) as show:
        summary = summarize(archive, resolve_batch(archive, batch.resume, remedy=partial(_resumable, archive)))
        resumed, request = summary.batch, summary.batch.request
        if request.origin != "audit":
            raise UsageError(f"The batch {resumed.id!r} is done by workers; `veritas fleet --help` shows what helps.")
        if (reason := why_running(archive, summary)) is not None:
            raise UsageError(reason)
        urls = _urls_of(summary, targets)
        logins = BatchLogins([*urls.values()], **login)
        options = AuditOptions.of_public(request.options)
        options = structs.replace(options, proxy=choices.proxy or options.proxy)
        browser = choices.browser or options.browser
        options = structs.replace(options, browser=None if browser is None else str(find_browser(browser)))
        _require_secrets(request, [*options.secret_names(), *logins.names])
        if not urls:
            click.echo(f"The batch {resumed.id!r} has nothing left to audit.", err=True)
            return show(archive, resumed.id)
        say_what_is_open(options, urls.values())
        secrets = Secrets(mask_key(archive.log, resumed.id))
        logins.register(secrets, urls.values())
        retry = LogRetry(database_timeout)
        log = BatchLog.resume(archive, resumed, remaining=len(urls), secrets=secrets, retry=retry)
        for run_id in unended_runs(summary):
            end_abandoned(archive, run_id, f"Its recorder was gone when the batch {resumed.id!r} was resumed.")
        work = Work(
            batch=Batch.read(archive, resumed.id),
            targets=[Target.of(number, url) for number, url in urls.items()],
            log=log,
            options=options,
            logins=logins,
            jobs=batch.jobs or default_jobs(),
            per_host=request.per_host if batch.per_host is None else batch.per_host,
        )
        return run_batch(archive, work, show, database_timeout)


def _resumable(archive: Archive) -> str:
    found = resumable_batches(archive)
    return f"those that can be resumed are {named_values(found)}" if found else "no batch in this log can be resumed"


def _urls_of(summary: BatchSummary, targets: TargetChoices) -> dict[int, str]:
    """Return the URLs that are left, by their numbers; those with a secret are taken from what is given again."""
    batch, remaining = summary.batch, summary.remaining
    given: dict[int, str] = {}
    if targets.urls or targets.file:
        urls = targets.read().urls
        given = dict(enumerate(urls, 1))
        plain = Secrets()
        same = len(urls) == batch.request.count and all(
            plain.mask(url) == _without_hashes(batch.urls.get(number, plain.mask(url))) for number, url in given.items()
        )
        if not same:
            raise UsageError(f"These are not the URLs of the batch {batch.id!r}; give the same list, or none.")
    hidden = set(batch.masked()).intersection(remaining) - given.keys()
    if hidden:
        raise UsageError(
            f"The log has {count(len(hidden), 'URL')} of the batch {batch.id!r} without a secret that belongs to it;"
            " give all URLs again, in the same order, with --resume."
        )
    return {number: given.get(number) or batch.urls[number] for number in remaining}


def _without_hashes(url: str) -> str:
    """Return a recorded URL with masks as they are without a key."""
    return _HASH.sub(r"\1", url)


def _require_secrets(request: BatchCreated, given: Sequence[str]) -> None:
    missing = [name for name in request.secrets if name not in given]
    if missing:
        raise UsageError(
            f"The batch was begun with {', '.join(missing)}, whose value no log has; give it again with --resume."
        )


def _refuse_other_options(ctx: click.Context) -> None:
    """Refuse what a batch has of its own since it was created."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if name not in _WITH_RESUME and ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            raise UsageError(
                f"{max(parameter.opts, key=len)} cannot be given with --resume, which continues a batch as it was"
                " begun; leave it out."
            )
