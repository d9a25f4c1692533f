"""What takes the room in a log's database: by kind, by month, and by host.

The sizes of bodies and attachments are those of what is stored, compressed or not. A log of more events than
`_MOST_READ` is not read whole: the figures are computed from blocks of events, which are spread evenly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from store.backends.base import Database

_MOST_READ = 400_000  # events; reading these takes 2 s from an SQLite file in memory
_BLOCKS, _BLOCK = 1_000, 200  # of a longer log
_MOST_IDS = 500  # in one query

# An attachment counts once, for the first event that has it.
_QUERY = """
    SELECT event.run_id, event.recorded_at, coalesce(length(event.body), 0), artifact.media_type,
      CASE WHEN artifact.bytes IS NULL THEN 0 ELSE artifact.size END
    FROM event LEFT JOIN artifact ON artifact.sha256 = event.artifact
      AND NOT EXISTS (SELECT 1 FROM event AS earlier
                      WHERE earlier.artifact = event.artifact AND earlier.position < event.position)
    WHERE event.position > ? AND event.position <= ?
"""


@dataclass(frozen=True, slots=True)
class HostSize:
    """The room that the audits of one host take.

    Attributes:
        host: The host; None for what has none.
        audits: How many audits there are.
        bytes: How many bytes their events take.
    """

    host: str | None
    audits: int
    bytes: int


@dataclass(frozen=True, slots=True)
class LogSize:
    """What takes the room in a log, in bytes.

    Attributes:
        total: All of it.
        screenshots: Attachments that are images.
        attachments: Other attachments.
        bodies: The bodies of the events, as they are stored.
        rows: The other columns of the events, and the indexes.
        runs: The read models.
        tree: The tree and the checkpoints.
        free: What new events can fill; None if the database does not tell.
        events: How many events there are.
        audits: How many audits; streams of other kinds, such as a batch's, are none.
        read: How many events were read for this; the others are assumed to be like them.
        months: The bytes of the events of each month, as `2026-11`, in order.
        hosts: The hosts, the largest first.
    """

    total: int
    screenshots: int
    attachments: int
    bodies: int
    rows: int
    runs: int
    tree: int
    free: int | None
    events: int
    audits: int
    read: int
    months: dict[str, int]
    hosts: list[HostSize]

    @property
    def audit(self) -> int:
        """The bytes of an audit, on average."""
        used = self.screenshots + self.attachments + self.bodies + self.rows + self.runs + self.tree
        return used // max(1, self.audits)


def measure_log(database: Database) -> LogSize:
    """Measure a log; the read model of its runs should be up to date."""
    total, room = database.size(), database.room()
    head: int = database.row("SELECT coalesce(max(position), 0) FROM event")[0]
    audits: int = database.row("SELECT count(DISTINCT audit_id) FROM run WHERE audit_id <> ''")[0]
    sums: Counter[str] = Counter()
    months: Counter[tuple[int, int]] = Counter()
    runs: Counter[str] = Counter()
    events: Counter[str] = Counter()
    read = 0
    for run_id, recorded_at, body, media_type, attachment in _rows(database, head):
        moment = datetime.fromtimestamp(recorded_at / 1_000_000, UTC)
        kind = "screenshots" if (media_type or "").startswith("image/") else "attachments"
        sums["bodies"] += body
        sums[kind] += attachment
        months[moment.year, moment.month] += body + attachment
        events[f"{moment:%Y-%m}"] += 1
        runs[run_id] += body + attachment
        events[run_id] += 1
        read += 1
    scale = head / read if read else 1.0
    tree = sum(room.tables.get(name, 0) for name in ("tree_node", "checkpoint"))
    models = sum(room.tables.get(name, 0) for name in ("run", "read_model"))
    content = {kind: round(sums[kind] * scale) for kind in ("screenshots", "attachments", "bodies")}
    rows = max(0, total - (room.free or 0) - sum(content.values()) - tree - models)
    row = rows / head if head else 0.0
    by_month = {f"{year}-{month:02}": size for (year, month), size in sorted(months.items())}
    return LogSize(
        total=total,
        **content,
        rows=rows,
        runs=models,
        tree=tree,
        free=room.free,
        events=head,
        audits=audits,
        read=read,
        months={name: round((size + events[name] * row) * scale) for name, size in by_month.items()},
        hosts=_hosts(database, {run: round((size + events[run] * row) * scale) for run, size in runs.items()}),
    )


def _rows(database: Database, head: int) -> Iterator[tuple[str, int, int, str | None, int]]:
    """Yield a run, a time, and the sizes of a body and an attachment with its type, for each event that is read."""
    if head <= _MOST_READ:
        spans = [(start, min(start + _MOST_READ // 20, head)) for start in range(0, head, _MOST_READ // 20)]
    else:
        spans = [(start, start + _BLOCK) for start in (block * (head - _BLOCK) // _BLOCKS for block in range(_BLOCKS))]
    for span in spans:
        with database.reading() as cursor:
            cursor.execute(database.sql(_QUERY), span)
            rows = cursor.fetchall()
        for row in rows:
            if all(isinstance(number, int) for number in (row[1], row[2])):  # else the log was tampered with
                yield row[0], row[1], row[2], row[3], row[4] or 0


def _hosts(database: Database, sizes: dict[str, int]) -> list[HostSize]:
    """Return the hosts of runs, the largest first, given the runs' sizes."""
    audits: dict[str | None, set[str]] = {}
    bytes_of: Counter[str | None] = Counter()
    known: dict[str, tuple[str | None, str]] = {}
    names = list(sizes)
    for start in range(0, len(names), _MOST_IDS):
        some = names[start : start + _MOST_IDS]
        with database.reading() as cursor:
            query = f"SELECT run_id, host, audit_id FROM run WHERE run_id IN ({', '.join('?' * len(some))})"
            cursor.execute(database.sql(query), some)
            known |= {run: (host, audit) for run, host, audit in cursor.fetchall()}
    for run, size in sizes.items():
        host, audit = known.get(run, (None, run))
        audits.setdefault(host, set()).update({audit} - {""})  # a stream of no audit, such as a batch's, has none
        bytes_of[host] += size
    return [HostSize(host, len(audits[host]), size) for host, size in bytes_of.most_common()]
