"""`veritas key show`, `create` and `rotate`"""

from __future__ import annotations

import click

from veritas.cli.lib.group import CommandGroup
from veritas.cli.lib.options import OutputFile, database_option, format_option, verbose_option


@click.group("key", cls=CommandGroup)
def command() -> None:
    """Show, make or rotate the key that signs checkpoints."""


@command.command("show")
@format_option("text", "json")
@database_option
@verbose_option
def show(output: str, database: str | None) -> None:
    """Show your key, the keys that you trust, and those that signed the log."""
    from veritas.archive.archive import database_address
    from veritas.archive.key_summary import summarize_keys
    from veritas.cli.lib.open_log import open_if_recorded
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.table import Column, print_heading, print_pairs, print_table
    from veritas.projections.state_json import field_values

    with open_if_recorded(database) as archive:
        if archive is None:
            click.echo(f"There is no log at {database_address(database)!r}, so no signers are shown.", err=True)
        keys = summarize_keys(None if archive is None else archive.log)
    if output == "json":
        print_json(field_values(keys))
        return
    print_pairs([("key", keys.file), ("fingerprint", keys.fingerprint or f"none: {keys.fault}")])
    if keys.interrupted:
        print_pairs([("interrupted", "a rotation was not finished; `veritas key rotate` continues it")])
    if keys.trusted:
        print_heading("Trusted")
        print_table(
            [Column("fingerprint"), Column("from", fold=True)], [(key.fingerprint, key.source) for key in keys.trusted]
        )
    if keys.signers:
        print_heading("Signed the log")
        columns = [Column("fingerprint"), Column("checkpoints", right=True), Column("last over", right=True)]
        print_table(columns, [(key.fingerprint, f"{key.checkpoints:,}", f"{key.last_size:,}") for key in keys.signers])
    if keys.rotations:
        print_heading("Rotations")
        columns = [Column("at"), Column("from"), Column("to"), Column("reason", fold=True)]
        print_table(columns, [(each.at, each.old, each.new, each.reason) for each in keys.rotations])


@command.command("create")
@database_option
@verbose_option
def create(database: str | None) -> None:
    """Make your key, if you have none, and print its fingerprint.

    It is made automatically when it is first needed, unless the log was signed with another key.
    """
    from veritas.archive.keys import create_signing_key, fingerprint, public_key_line
    from veritas.archive.rotation import untrusted_signers
    from veritas.cli.lib.open_log import open_if_recorded
    from veritas.config import default_key
    from veritas.errors import UsageError

    if default_key().exists():
        raise UsageError(f"There is a key at {str(default_key())!r} already; `veritas key rotate` replaces it.")
    with open_if_recorded(database) as archive:
        click.echo(fingerprint(create_signing_key().public_key))
        for key in [] if archive is None else untrusted_signers(archive.log):
            click.echo(
                f"The log was signed with {fingerprint(key)} before, which is not trusted; if it is your own, or of a"
                f" person whom you trust, add this line to {str(default_key().with_name('trusted_keys'))!r}:"
                f" {public_key_line(key)}",
                err=True,
            )


@command.command("rotate")
@click.option("--reason", required=True, help="Why the key is replaced; it is recorded.")
@click.option("--by", help="Who replaces it.  [default: your user and host name]")
@click.option("-o", "--output", "file", type=OutputFile(), metavar="FILE", help="Write the statement to this file.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@database_option
@verbose_option
def rotate(reason: str, by: str | None, file: object, force: bool, database: str | None) -> None:
    """Replace your key by a new one, and record that it follows the old one.

    The statement is signed with both keys and printed: send it to everyone who trusts the old key. It is recorded in
    the log, under a last checkpoint by the old key, and in every other log that the old key has signed before the new
    one signs there. The old public key stays trusted; the old private key is deleted.
    """
    from pathlib import Path

    from veritas.archive.archive import Archive
    from veritas.archive.keys import fingerprint, key_path
    from veritas.archive.rotation import rotate as rotate_key
    from veritas.cli.lib.output import writing
    from veritas.config import user_name

    target = file if isinstance(file, Path) else None
    with Archive.open(database, create=False) as archive, writing(target, force=force, text=True) as write:
        archive.origin()  # an empty log cannot be signed
        rotated = rotate_key(archive.log, reason=reason, by=by or user_name())
        write(rotated.note)
    old, new = fingerprint(rotated.rotation.old), fingerprint(rotated.rotation.new)
    again = "Finished the rotation that was interrupted" if rotated.resumed else "Replaced the key"
    click.echo(f"{again}: {new} follows {old}, in {str(key_path())!r}.", err=True)
    click.echo(f"The statement is kept in {str(rotated.file)!r}; send it to those who trust the old key.", err=True)
