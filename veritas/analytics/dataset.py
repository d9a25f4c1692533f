"""A dataset: the Parquet files of one table, one for each month, written in bounded memory.

Rows are buffered by month. When the buffers of all months together have taken in enough, the largest becomes a row
group of its file. So the same rows in the same order give the same files, whatever the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from veritas.analytics.columns import FLAG, INTEGER, JSON, NUMBER, TEXT, TEXTS, TIME, Column

_TYPES = {
    TEXT: pa.string(),
    TEXTS: pa.list_(pa.string()),
    JSON: pa.string(),
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    FLAG: pa.bool_(),
    TIME: pa.timestamp("us", tz="UTC"),
}
_MOST_BUFFERED = 32_000_000  # bytes, by the estimate below
_ROW_BYTES = 600  # what the values of a row take in memory beside their text


class Dataset:
    """The files of one table, as `DIRECTORY/month=2026-11/TABLE.parquet`; a context manager that completes them.

    Attributes:
        rows: How many rows were added.
    """

    def __init__(self, directory: Path, name: str, columns: Iterable[Column]) -> None:
        self.rows = 0
        self._directory = directory
        self._name = name
        self._schema = pa.schema([pa.field(column.name, _TYPES[column.type]) for column in columns])
        self._months: dict[str, _Month] = {}
        self._buffered = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for month in self._months.values():
            if kind is None:
                month.close()
            else:
                month.discard()

    def open(self, month: str) -> None:
        """Begin the file of a month, which may remain without rows."""
        if month not in self._months:
            directory = self._directory / f"month={month}"
            directory.mkdir(parents=True)
            self._months[month] = _Month(directory / f"{self._name}.parquet", self._schema)

    def add(self, month: str, row: Mapping[str, Any]) -> None:
        """Add a row, of which the table's columns are written, to the file of a month that was opened."""
        self.rows += 1
        self._buffered += self._months[month].add(row)
        if self._buffered >= _MOST_BUFFERED:
            largest = max(self._months.values(), key=lambda each: each.buffered)
            self._buffered -= largest.flush()


class _Month:
    """The file of one month, and the rows that are not in it yet."""

    def __init__(self, file: Path, schema: Any) -> None:
        self.buffered = 0  # bytes
        self._schema = schema
        self._columns: dict[str, list[Any]] = {name: [] for name in schema.names}
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")

    def add(self, row: Mapping[str, Any]) -> int:
        """Buffer a row, and return how many bytes it takes."""
        size = _ROW_BYTES
        for name, values in self._columns.items():
            value = row[name]
            values.append(value)
            if type(value) is str:
                size += len(value)
        self.buffered += size
        return size

    def flush(self) -> int:
        """Write the buffered rows as a row group, and return how many bytes they took."""
        if self.buffered:
            self._writer.write_table(pa.table(self._columns, schema=self._schema))
            for values in self._columns.values():
                values.clear()
        flushed, self.buffered = self.buffered, 0
        return flushed

    def close(self) -> None:
        """Write what is buffered, and the end of the file."""
        self.flush()
        self._writer.close()

    def discard(self) -> None:
        """Close a file that is not wanted any more; the disk may be full."""
        with suppress(OSError):
            self._writer.close()
