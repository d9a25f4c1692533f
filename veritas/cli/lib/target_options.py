"""The arguments and options that name the pages to audit, as decorators: URLs, a file of them, a name and tags."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from veritas.cli.lib.completion import complete_tag

if TYPE_CHECKING:
    from veritas.batch.targets import Targets

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class TargetChoices:
    """The pages that a user wants to be audited, as the command line has them.

    Attributes:
        urls: The URLs of the command line.
        file: A file that has URLs; `-` for standard input; None without one.
        column: The column of the file that has them, if it is CSV; None for a URL a line.
        name: What the batch is to be called; None without a name.
        tags: The tags of the audits.
    """

    urls: tuple[str, ...]
    file: str | None
    column: str | None
    name: str | None
    tags: tuple[str, ...]

    @property
    def is_batch(self) -> bool:
        """Whether they make a batch: several URLs, a file, or a name."""
        return len(self.urls) > 1 or self.file is not None or self.name is not None

    def read(self, *, outcome: str = "started") -> Targets:
        """Read and check the URLs and the tags; say on stderr how many duplicates are left out.

        Args:
            outcome: What is done with the URLs if they are good, as a participle.

        Raises:
            UsageError: There is no URL, some cannot be audited, the file cannot be read, or a tag is none.
        """
        from veritas.batch.targets import Targets, check_lines, read_csv, read_lines
        from veritas.errors import UsageError
        from veritas.events.tag import check_tag
        from veritas.formatting import count
        from veritas.recording.run import check_url

        for tag in self.tags:
            check_tag(tag)
        if self.name is not None and not self.name.strip():
            raise UsageError("--name is empty; give the batch a name, or leave the option out.")
        if self.column is not None and self.file is None:
            raise UsageError("--column names a column of the file of --from; give both.")
        urls = [check_url(url) for url in self.urls]
        if self.file is not None:
            name = "standard input" if self.file == "-" else self.file
            data = _read(self.file)
            lines = read_lines(data, name) if self.column is None else read_csv(data, name, self.column)
            urls += check_lines(lines, name, outcome=outcome)
        if not urls:
            raise UsageError("There is nothing to audit; give a URL such as 'https://example.com/', or --from FILE.")
        targets = Targets.of(urls)
        if targets.duplicates:
            click.echo(f"Left out {count(targets.duplicates, 'duplicate')}; each page is audited once.", err=True)
        return targets


def target_options(command: F) -> F:
    """Add the argument URL… and the options that name pages; the command receives `targets`, a `TargetChoices`."""

    @wraps(command)
    def with_targets(
        *args: Any,
        urls: tuple[str, ...],
        from_file: str | None,
        column: str | None,
        name: str | None,
        tags: tuple[str, ...],
        **values: Any,
    ) -> Any:
        choices = TargetChoices(urls, from_file, column, name, tuple(dict.fromkeys(tags)))
        return command(*args, targets=choices, **values)

    for option in (
        click.option(
            "--tag",
            "tags",
            multiple=True,
            metavar="TAG",
            shell_complete=complete_tag,
            help="A tag of the audits. Repeatable.",
        ),
        click.option("--name", metavar="NAME", help="What the batch is called."),
        click.option(
            "--column", metavar="NAME", help="The column that has the URLs, if the file is CSV with a line of names."
        ),
        click.option(
            "--from",
            "from_file",
            type=click.UNPROCESSED,  # a file's name may have any bytes
            metavar="FILE",
            help="A file with a URL a line, or - for standard input. A line that begins with # is a comment.",
        ),
        click.argument("urls", metavar="[URL]...", nargs=-1),
    ):
        with_targets = option(with_targets)
    return cast(F, with_targets)


def _read(file: str) -> bytes:
    from veritas.errors import UsageError

    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"The file {file!r} of --from cannot be read: {reason}; check its name.") from None
