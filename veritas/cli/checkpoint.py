"""`veritas checkpoint`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.lib.options import database_option, verbose_option
from veritas.cli.lib.output import output_options, writing


@click.command("checkpoint")
@output_options("Write the checkpoint to this file.")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The Ed25519 key to sign with, in PEM.  [env: VERITAS_KEY; default: one of your own, made on first use]",
)
@click.option("--public-key", is_flag=True, help="Print the public key that verifies checkpoints, and sign nothing.")
@database_option
@verbose_option
def command(file: Path | None, force: bool, key: Path | None, public_key: bool, database: str | None) -> None:
    """Sign the contents of the log, and print the signed checkpoint.

    A checkpoint is three lines and a signature. Keep a copy where no one who can write to the log can change it:
    `veritas verify --checkpoint FILE` then proves that no event it covers was changed or removed. Events since the last
    checkpoint are verified before they are signed; if there are none, the last checkpoint is printed again.
    """
    from veritas.archive import keys, rotation
    from veritas.archive.archive import Archive
    from veritas.formatting import count

    with Archive.open(database, create=False) as archive, writing(file, force=force, text=True) as write:
        if public_key:
            origin = archive.origin()
            write(f"{keys.public_key(origin, keys.signing_key_for(archive.log, key))}\n".encode())
            return
        signing_key = rotation.key_to_sign(archive.log, key)
        last = archive.log.last_checkpoint(signing_key.public_key)
        signed = archive.log.checkpoint(signing_key)
        write(signed.note)
    events = count(signed.size, "event")
    if signed == last:
        message = (
            f"No events since the last checkpoint, which signed {events}; `veritas verify` checks whether they changed."
        )
    else:
        message = f"Signed {events}; keep a copy elsewhere."
    click.echo(message, err=True)
