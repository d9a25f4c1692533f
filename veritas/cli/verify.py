"""`veritas verify`"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from veritas.cli.lib.exit_status import NO, YES
from veritas.cli.lib.options import audit_argument, database_option, format_option, trust_option, verbose_option

if TYPE_CHECKING:
    from store.verify.verifier import Verification
    from veritas.archive.archive import Archive


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


def _print_result(verification: Verification, run_id: str | None) -> int:
    """Print the result of a verification, and return the exit status."""
    from veritas.archive.conclusion import conclude
    from veritas.cli.lib import table
    from veritas.cli.lib.table import print_line

    conclusion = conclude(verification, run_id)
    print_line((table.good if conclusion.ok else table.bad)(conclusion.headline))
    for sentence in conclusion.details:
        print_line(sentence)
    return YES if conclusion.ok else NO


def _verify(archive: Archive, run_id: str | None, notes: Sequence[bytes], trusted: Collection[bytes]) -> Verification:
    from veritas.archive.integrity import verify_log
    from veritas.cli.lib.progress import progress_bar

    with progress_bar("Verifying") as progress:
        return verify_log(archive, run_id, checkpoints=notes, trusted=trusted, progress=progress)
