"""The announcement of a new signing key: none is made without a line about it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click


@contextlib.contextmanager
def announcing_new_key() -> Iterator[None]:
    """Report on stderr that the user's own key was made in the block."""
    from veritas.config import default_key

    file = default_key()
    try:
        existed = file.exists()
    except OSError:
        existed = True
    try:
        yield
    finally:
        if not existed and file.exists():
            from veritas.archive.keys import fingerprint, read_signing_key

            key = read_signing_key(file).public_key
            click.echo(f"Made a new signing key, {str(file)!r}: {fingerprint(key)}; keep a copy of the file.", err=True)
