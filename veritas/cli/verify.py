"""`veritas verify`"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from veritas.cli.lib.exit_status import NO, YES
from veritas.cli.lib.options import audit_argument, database_option, format_option, trust_option, verbose_option

if TYPE_CHECKING:
    from store.log import Fault
    from store.verify.verifier import Verification
    from veritas.archive.archive import Archive

HOW_TO_TRUST = "Get the public key from the person who recorded it, over another channel, and give it with --trust."


@click.command("verify")
@audit_argument(required=False, or_file=True)
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.File("rb"),
    multiple=True,
    metavar="FILE",
    help="A checkpoint that was kept elsewhere, to verify against. Repeatable.",
)
@trust_option
@format_option("text", "json")
@database_option
@verbose_option
def command(
    audit: str | None, checkpoints: Sequence[BinaryIO], trust: Sequence[str], output: str, database: str | None
) -> int:
    """Verify that the log, or an exported bundle, is as it was recorded.

    Without AUDIT the whole log is verified: that no event was changed, removed, inserted or moved since it was
    recorded, and that the log agrees with its signed checkpoints. The first fault is reported with its position, and
    the exit status is 1.

    Your own key is trusted, and so are the keys in the file trusted_keys in its directory; with --trust, only the keys
    given there. A key that follows a trusted one by a rotation (`veritas key rotate`) that the log records is trusted
    too. A checkpoint signed by another key is reported, and the exit status is 1. If no key is trusted, it is not
    checked who signed.

    If AUDIT is a file, it is a bundle that `veritas export` wrote, and no log is needed. It may be signed by any key,
    which is reported; with --trust, it must be signed by one of the keys given there.
    """
    from veritas.archive.archive import Archive
    from veritas.archive.integrity import verification_fields
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
            return _print_result(verification, run_id)
        print_json(verification_fields(verification))
        return YES if verification.fault is None else NO


def verify_and_print(archive: Archive, run_id: str | None = None) -> int:
    """Verify one run or the whole log, print the result, and return the exit status."""
    return _print_result(_verify(archive, run_id, (), trusted_keys(())), run_id)


def trusted_keys(trust: Sequence[str]) -> set[bytes]:
    """Return the trusted public keys, and warn if the user's own is not one of them."""
    from veritas.archive.keys import trusted_public_keys

    return trusted_public_keys(trust, warn=lambda sentence: click.echo(f"Warning: {sentence}", err=True))


def print_sound_events(events: int, fault: Fault, sound: str) -> None:
    """Print how many events were verified before a fault; *sound* describes them if they precede the faulty event."""
    from veritas.cli.lib.table import print_line
    from veritas.formatting import count

    text = count(events, "event")
    if events and fault.position is None:
        print_line(f"{text} {'was' if events == 1 else 'were'} checked before that.")
    elif events:
        print_line(f"The {text} before it {'is' if events == 1 else 'are'} {sound}.")


def _print_result(verification: Verification, run_id: str | None) -> int:
    """Print the result of a verification, and return the exit status."""
    from store.verify.fault import FOREIGN_SIGNATURE
    from veritas.cli.lib import table
    from veritas.cli.lib.table import print_line
    from veritas.formatting import count

    checked, fault = count(verification.events, "event"), verification.fault
    what = "the log" if run_id is None else f"run {run_id}"
    if fault is None:
        print_line(table.good(f"Verified {what}: {checked}, all as they were recorded."))
        print_line(_checkpoints_sentence(verification))
        return YES
    if fault.what == FOREIGN_SIGNATURE:
        print_line(table.bad(f"Foreign signature: {fault.detail}."))
        print_line(f"Otherwise {what} is as it was recorded: {checked}.")
        print_line(HOW_TO_TRUST)
        return NO
    of_run = f" of run {fault.run_id}" if fault.run_id else ""
    where = f"{of_run.removeprefix(' of ')}: " if of_run and fault.position is None else ""
    if fault.position is not None:
        where = f"position {fault.position}{of_run}: "
    print_line(table.bad(f"Not as it was recorded: {where}{fault.what}: {fault.detail}."))
    print_sound_events(verification.events, fault, "as they were recorded")
    return NO


def _checkpoints_sentence(verification: Verification) -> str:
    """Return which checkpoints a verification checked, or what it cannot prove without one."""
    from veritas.formatting import count

    if not verification.checkpoints:
        return (
            "No checkpoint covers them; only a checkpoint kept elsewhere can prove that no events were cut off and the "
            "log was not rewritten."
        )
    checkpoints, covered = count(verification.checkpoints, "checkpoint"), count(verification.covered, "event")
    text = f"Checked against {checkpoints}, the last over {covered}"
    if verification.signed:
        return f"{text}, signed by trusted keys."
    return f"{text}; who signed them was not checked, because no key is trusted."


def _verify(archive: Archive, run_id: str | None, notes: Sequence[bytes], trusted: Collection[bytes]) -> Verification:
    from veritas.archive.integrity import verify_log
    from veritas.cli.lib.progress import progress_bar

    with progress_bar("Verifying") as progress:
        return verify_log(archive, run_id, checkpoints=notes, trusted=trusted, progress=progress)
