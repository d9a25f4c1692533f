"""`veritas verify`"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from veritas.cli.lib.options import audit_argument, database_option, format_option, trust_option, verbose_option

if TYPE_CHECKING:
    from store.log import Fault, Verification
    from veritas.archive.archive import Archive

YES, NO = 0, 1

HOW_TO_TRUST = "Ask the one who recorded it for the public key, another way than this came, and give --trust."


@click.command("verify")
@audit_argument(required=False)
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.File("rb"),
    multiple=True,
    metavar="FILE",
    help="A checkpoint that was kept elsewhere, to hold the log to; may be given several times.",
)
@trust_option
@format_option("text", "json")
@database_option
@verbose_option
def command(
    audit: str | None, checkpoints: Sequence[BinaryIO], trust: Sequence[str], output: str, database: str | None
) -> int:
    """Check that the log, or a bundle that was exported, is as it was written.

    Without AUDIT the whole log is checked: that nothing in it was changed, removed, inserted or moved since it was
    recorded, and that it is the one its checkpoints were signed over. The first thing that is wrong is named, with its
    position, and the exit status is 1.

    Your own key is trusted, and so are those in the file trusted_keys beside it; with --trust, the keys that it names
    and no others. A checkpoint by another key is told, and the exit status is 1. Where no key is trusted, whose the
    signatures are is not checked.

    Where AUDIT is a file, it is a bundle, as `veritas export` writes it, and no log is needed. It may be signed by any
    key, which is told; with --trust, by one of those that it names.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.input_files import read_checkpoint, require_bundle
    from veritas.cli.lib.output import print_json
    from veritas.errors import UsageError

    notes = [read_checkpoint(file) for file in checkpoints]
    if audit is not None and Path(audit).exists():
        from veritas.cli.verify_bundle import verify_bundle

        require_bundle(Path(audit))
        return verify_bundle(Path(audit), notes=notes, trust=trust, output=output)
    if audit is not None and (audit.endswith(".zip") or "/" in audit):
        raise UsageError(f"There is no file {audit!r}; give the path of a bundle, or an audit's id.")
    trusted = trusted_keys(trust)
    with Archive.open(database, create=False) as archive:
        run_id = None if audit is None else archive.resolve(audit)
        verification = _verify(archive, run_id, notes, trusted)
        if output == "text":
            return _tell(verification, run_id)
        told = asdict(verification)
        print_json({"ok": verification.fault is None, **told})
        return YES if verification.fault is None else NO


def report(archive: Archive, run_id: str | None = None) -> int:
    """Check one run or the whole log, say what came of it, and return the exit status."""
    return _tell(_verify(archive, run_id, (), trusted_keys(())), run_id)


def trusted_keys(trust: Sequence[str]) -> set[bytes]:
    """Return the public keys whose signatures are believed, and warn where the user's own is not among them."""
    from veritas.archive.keys import trusted_public_keys

    return trusted_public_keys(trust, warn=lambda sentence: click.echo(f"Warning: {sentence}", err=True))


def _tell(verification: Verification, run_id: str | None) -> int:
    """Say what a verification came to, and return the exit status."""
    from store.verify.fault import FOREIGN_SIGNATURE
    from veritas.cli.lib import table
    from veritas.cli.lib.table import print_line
    from veritas.formatting import count

    checked, fault = count(verification.events, "event"), verification.fault
    what = "the log" if run_id is None else f"run {run_id}"
    if fault is None:
        print_line(table.right(f"Verified {what}: {checked}, all as they were recorded."))
        print_line(_held_to(verification))
        return YES
    if fault.what == FOREIGN_SIGNATURE:
        print_line(table.wrong(f"Signed by somebody else: {fault.detail}."))
        print_line(f"Apart from that {what} is as it was recorded: {checked}.")
        print_line(HOW_TO_TRUST)
        return NO
    of_run = f" of run {fault.run_id}" if fault.run_id else ""
    where = f"{of_run.removeprefix(' of ')}: " if of_run and fault.position is None else ""
    if fault.position is not None:
        where = f"position {fault.position}{of_run}: "
    print_line(table.wrong(f"Not as it was recorded: {where}{fault.what}: {fault.detail}."))
    print_before(verification.events, fault, "as they were recorded")
    return NO


def print_before(events: int, fault: Fault, sound: str) -> None:
    """Say how many events were checked before a fault, and what they are if it is in one that stands behind them."""
    from veritas.cli.lib.table import print_line
    from veritas.formatting import count

    told = count(events, "event")
    if events and fault.position is None:
        print_line(f"{told} {'was' if events == 1 else 'were'} checked before that.")
    elif events:
        print_line(f"The {told} before it {'is' if events == 1 else 'are'} {sound}.")


def _held_to(verification: Verification) -> str:
    """Return which checkpoints stand behind a verification, and what cannot be told without one."""
    from veritas.formatting import count

    if not verification.checkpoints:
        return (
            "No checkpoint covers them: that none was cut off, or all written anew, only one kept elsewhere can show."
        )
    held = (
        f"Held to {count(verification.checkpoints, 'checkpoint')}, the last of {count(verification.covered, 'event')}"
    )
    if verification.signed:
        return f"{held}, signed by keys that are trusted."
    return f"{held}; by whom they were signed was not checked, for no key is trusted."


def _verify(archive: Archive, run_id: str | None, notes: Sequence[bytes], trusted: Iterable[bytes]) -> Verification:
    from veritas.cli.lib.progress import progress_bar
    from veritas.events.attachment import stored_media_type
    from veritas.projections.run_summary import read_model_check

    with progress_bar("Verifying") as progress:
        return archive.log.verify(
            run_id,
            checkpoints=notes,
            trusted=trusted,
            media_type=stored_media_type,
            read_model=read_model_check(archive.log),
            progress=progress,
        )
