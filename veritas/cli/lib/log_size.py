"""What takes the room in a log, for people."""

from __future__ import annotations

from store.log_size import LogSize
from veritas.cli.lib.table import UNKNOWN, Column, print_heading, print_line, print_table
from veritas.formatting import count, percent

_MOST_HOSTS = 10


def print_size(size: LogSize) -> None:
    """Write the table of the kinds, the months and the largest hosts to stdout."""
    kinds = {
        "screenshots": size.screenshots,
        "other attachments": size.attachments,
        "bodies of events": size.bodies,
        "rows and indexes": size.rows,
        "read models": size.runs,
        "tree and checkpoints": size.tree,
        "free": size.free,
    }
    bytes_column, share = Column("size", right=True), Column("share", right=True)
    rows = [
        (kind, UNKNOWN if part is None else _size(part), UNKNOWN if part is None else _share(part, size.total))
        for kind, part in kinds.items()
    ]
    print_table([Column("kind"), bytes_column, share], [*rows, ("all", _size(size.total), "100%")])
    audits = count(size.audits, "audit")
    print_line(f"{audits} with {count(size.events, 'event')}; {_size(size.audit)} an audit on average.")
    if size.read < size.events:
        print_line(f"Estimated from {count(size.read, 'event')}.")
    if size.months:
        print_heading("By month")
        print_table([Column("month"), bytes_column], [(month, _size(part)) for month, part in size.months.items()])
    if size.hosts:
        print_heading("Largest hosts")
        columns = [Column("host", fold=True), Column("audits", right=True), bytes_column]
        print_table(columns, [(each.host, f"{each.audits:,}", _size(each.bytes)) for each in size.hosts[:_MOST_HOSTS]])


def _size(number: int) -> str:
    """Return a number of bytes in words: `1.9 MB`."""
    if number < 1_000_000:
        return f"{number / 1_000:.1f} kB"
    return f"{number / 1_000_000:,.1f} MB"


def _share(part: int, total: int) -> str:
    return percent(part / total if total else 0.0) or ""
