"""`veritas serve`"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import database_option, verbose_option

if TYPE_CHECKING:
    from veritas.archive.archive import Archive

_PORT = 8000
_SHORTEST = 12  # characters of a password


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=_PORT, show_default=True, help="The port; 0 is any that is free."
)
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--allow-actions",
    is_flag=True,
    help="Let users start audits, change rollouts and sign checkpoints; without this the server only reads.",
)
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ask for the password in this file, instead of the token in the URL.",
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Also answer for this name, as a proxy's. Repeatable.",
)
@database_option
@verbose_option
def command(
    host: str,
    port: int,
    opened: bool,
    allow_actions: bool,
    password_file: Path | None,
    allowed: tuple[str, ...],
    database: str | None,
) -> None:
    """Show the log as pages in a browser, and serve its API, until ^C.

    The pages follow every audit that is recorded in the log, whichever process records it. The URL that is printed has
    a token, and who has the token can read the whole log.

    An address that other machines can reach needs --password-file. The traffic is not encrypted: use a proxy with TLS,
    and give its name with --allow-host.
    """
    import secrets

    from veritas.archive.archive import Archive
    from veritas.errors import UsageError
    from veritas.server_hosts import is_host_name, is_loopback

    password = None if password_file is None else _read_password(password_file)
    if password is None and not is_loopback(host):
        raise UsageError(f"--host {host} can be reached by other machines; give --password-file, or leave out --host.")
    for name in allowed:
        if not is_host_name(name):
            raise UsageError(f"--allow-host {name!r} is not a host's name; give one without scheme, port and path.")
    with Archive.open(database, create=False) as archive:
        _serve(
            archive,
            host=host,
            port=port,
            opened=opened,
            actions_database=database if allow_actions else None,
            allow_actions=allow_actions,
            secret=password or secrets.token_urlsafe(24),
            is_password=password is not None,
            allowed=allowed,
        )


def _serve(
    archive: Archive,
    *,
    host: str,
    port: int,
    opened: bool,
    actions_database: str | None,
    allow_actions: bool,
    secret: str,
    is_password: bool,
    allowed: tuple[str, ...],
) -> None:
    from veritas.archive.keys import trusted_public_keys
    from veritas.cli.verify import trusted_keys
    from veritas.server_hosts import Hosts, is_every_address, url_of
    from veritas.web.actions import Actions
    from veritas.web.app import make_app
    from veritas.web.bundles import Bundles
    from veritas.web.security.access import Access
    from veritas.web.server import bind, serve
    from veritas.web.site import Site
    from veritas.web.streams import Streams
    from veritas.web.verifications import Verifications

    listening = bind(host, port)
    with listening:
        port = listening.getsockname()[1]
        report = _reporter()
        trusted_keys(())  # what is wrong with the list of keys is reported at the beginning
        streams = Streams(archive, report=lambda error: report(error, "streams"))
        verifications = Verifications(
            archive,
            trusted=lambda: trusted_public_keys((), warn=lambda sentence: None),
            report=lambda error: report(error, "verification"),
        )
        bundles = Bundles(archive)
        site = Site(
            archive=archive,
            streams=streams,
            access=Access(secret, password=is_password, port=port),
            actions=Actions(archive, actions_database) if allow_actions else None,
            verifications=verifications,
            bundles=bundles,
        )
        app = make_app(site, hosts=Hosts(host, allowed), report=report)
        url = url_of(host, port)
        if not is_password:
            url += f"?token={secret}"
        others = ", and at this machine's other names and addresses" if is_every_address(host) else ""
        click.echo(f"The log is at {url} {others}; ^C ends this.", err=True)
        if opened:
            click.launch(url)
        try:
            serve(app, listening, streams=streams)
        finally:
            bundles.close()
            verifications.close()
            streams.close()
            streams.join()


def _reporter() -> Callable[[BaseException, str], None]:
    """Return a function that writes an unexpected error and its id to stderr; with -v the traceback too."""
    import traceback

    from veritas.cli.lib.errors import is_verbose, secrets_of
    from veritas.formatting import escape_control_characters

    ctx = click.get_current_context()
    verbose, secrets = is_verbose(ctx), secrets_of(ctx)

    def report(error: BaseException, id: str) -> None:
        text = "".join(traceback.format_exception(error)) if verbose else f"{type(error).__name__}: {error}"
        for line in secrets.mask(f"Error {id}: {text}").splitlines():
            click.echo(escape_control_characters(line), err=True)

    return report


def _read_password(file: Path) -> str:
    from veritas.errors import UsageError

    password = file.read_text(encoding="utf-8", errors="replace").strip()
    if len(password) < _SHORTEST:
        raise UsageError(f"The password in {str(file)!r} is shorter than {_SHORTEST} characters; use a longer one.")
    return password
