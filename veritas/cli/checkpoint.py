"""`veritas checkpoint`"""

from __future__ import annotations

from pathlib import Path

import click

from veritas.cli.options import OutputFile, database_option, verbose_option


@click.command("checkpoint")
@click.option("-o", "--output", type=OutputFile(), help="Write it to a file.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The Ed25519 key to sign with, in PEM.  [env: VERITAS_KEY; default: one of your own, made on first use]",
)
@click.option("--public-key", is_flag=True, help="Print the public key that others check it with, and sign nothing.")
@database_option
@verbose_option
def command(output: Path | None, force: bool, key: Path | None, public_key: bool, database: str | None) -> None:
    """Sign what the log holds, and print the signed checkpoint.

    A checkpoint is three lines and a signature. Keep a copy where nobody who can write to the log can reach it: with
    `veritas verify --checkpoint FILE` it shows that nothing which it covers was changed, and that nothing was cut off.
    What came since the last one is verified before it is signed; where nothing came, the last one is printed again.
    """
    from veritas import keys
    from veritas.archive import Archive
    from veritas.errors import UsageError
    from veritas.wording import count

    if output is not None and not force and output.is_file():
        raise UsageError(f"{str(output)!r} exists already; give another name, or --force to replace it.")
    with Archive.open(database, create=False) as archive:
        signing_key = keys.signing_key(key)
        if public_key:
            text = keys.public_key(archive.origin(), signing_key) + "\n"
        else:
            last = archive.log.last_checkpoint(signing_key.public_key)
            signed = archive.log.checkpoint(signing_key)
            text = signed.note.decode()
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")
    if public_key:
        return
    events = count(signed.size, "event")
    if signed == last:
        said = (
            f"Nothing came since these {events} were signed, and none was looked at again: `veritas verify` does that."
        )
    else:
        said = f"Signed {events}; keep a copy elsewhere."
    click.echo(said, err=True)
