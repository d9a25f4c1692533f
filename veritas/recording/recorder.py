"""The RunRecorder: it appends every received message to the log, in the order of arrival."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from store.errors import ObservationConflict
from store.log import Attachment, EventLog, Record
from veritas.channels.messages import (
    QUEUE,
    ChannelBroke,
    ControlReceived,
    EventReceived,
    Message,
    OutputReceived,
    Rejected,
)
from veritas.errors import UndecodableEvent
from veritas.events.attachment import media_type_of, reattach, reference_to
from veritas.events.fallback import FALLBACK_KINDS, OTHER
from veritas.events.json import decode_json, encode_json
from veritas.events.progress import ProgressEvent, decode_event
from veritas.events.range_set import RangeSet, missing_ranges
from veritas.events.recorder_events import (
    RECORDER,
    ConnectionRefused,
    GapFound,
    IpcFellBack,
    LineRejected,
    OutputCaptured,
    RecorderEvent,
    RecordingDelayed,
    TransportMeasured,
)
from veritas.recording.durable_writer import DurableWriter
from veritas.recording.entry import Entry, entry_of
from veritas.recording.log_retry import LogRetry
from veritas.recording.spool import Spool
from veritas.recording.transport_meter import TransportMeter
from veritas.secrets import Secrets

_LARGEST_SEQ = 2**53  # a greater number is not a count, and leaves no room for the order of arrival
_MAX_RECENT = 10_000  # events among which a repetition is recognised


class RunRecorder:
    """Writes one run: each observation as it arrived, and the recorder's own events between them.

    Attributes:
        run_id: The run.
        received: How many events arrived, by source.
        numbers: The sequence numbers that arrived, by source.
        emitted: How many events the child reported that it emitted; None if it did not report it yet.
        broken: The cause for which a channel broke, by source.
        fell_back: Whether the child reported that it changed transport.
        last_error: The detail of the last event with the step `error`.
    """

    def __init__(
        self,
        log: EventLog,
        run_id: str,
        *,
        secrets: Secrets | None = None,
        mask_output: bool = False,
        retry: LogRetry | None = None,
        spools: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare to record.

        Args:
            log: The log.
            run_id: The run.
            secrets: The secrets that are masked in the recorder's own events; None to mask nothing.
            mask_output: Whether they are also masked in what the child printed, which is recorded as it came otherwise.
            retry: Decides how long to wait for the log; None to raise its errors at once.
            spools: Whether a file takes what the log in the end cannot.
            clock: Returns the time, in seconds since the epoch.
        """
        self.run_id = run_id
        self.received: dict[str, int] = {}
        self.numbers: dict[str, RangeSet] = {}
        self.emitted: int | None = None
        self.broken: dict[str, str] = {}
        self.fell_back = False
        self.last_error: str | None = None
        self._writer = DurableWriter(log, run_id, retry=retry or LogRetry(0), spools=spools, clock=clock)
        self._secrets = secrets
        self._mask_output = mask_output
        self._clock = clock
        self._recorder_seq = 0
        self._meter = TransportMeter(clock())
        self._recent: OrderedDict[bytes, None] = OrderedDict()  # digests of the last events, oldest first

    def note(self, *events: RecorderEvent) -> None:
        """Append the recorder's own *events*."""
        self._append([self._recorder_entry(event) for event in events])

    def record(self, items: Sequence[Message]) -> int:
        """Append all that was received, in one commit.

        Returns:
            The highest of the items' numbers in the queue, to be confirmed; 0 if they did not come over the queue.
        """
        entries = [entry for item in items for entry in self._entries_of(item)]
        self._append(entries)
        if self.spool is None:
            self._meter.committed(entries, self._clock())
        return max((getattr(item, "number", 0) for item in items), default=0)

    @property
    def spool(self) -> Spool | None:
        """The file that has what is not in the log; None if everything is."""
        return self._writer.spool

    @property
    def lost(self) -> str | None:
        """The error if the log was deleted or replaced; else None."""
        return self._writer.lost

    @property
    def retry(self) -> LogRetry:
        """Decides how long to wait for the log."""
        return self._writer.retry

    def restore(self, entries: Sequence[Entry], *events: RecorderEvent) -> None:
        """Append *entries*, which were spooled, and *events* in the same commit."""
        of_recorder = (record.seq for record, _ in entries if record.source == RECORDER)
        self._recorder_seq = max(self._recorder_seq, *of_recorder, 0)
        self._append([*entries, *map(self._recorder_entry, events)])

    def measurements(self, queue_start: float | None) -> TransportMeasured:
        """Return the measurements of the transports so far.

        Args:
            queue_start: The seconds that it took to start the queue's manager; None without a queue.
        """
        return self._meter.measurements(queue_start)

    def missing(self) -> list[tuple[int, int]]:
        """Return the ranges (first, last) of numbers that no source delivered, up to the count that the child gave."""
        end = self.emitted
        if end is None:
            end = max((numbers.last for numbers in self.numbers.values()), default=0)
        return missing_ranges(self.numbers.values(), end)

    def _entries_of(self, item: Message) -> Iterator[Entry]:
        match item:
            case EventReceived():
                yield from self._event_entries(item)
            case OutputReceived(stream, data, offset):
                yield self._output_entry(stream, data, offset)
            case Rejected():
                yield self._rejection_entry(item)
            case ControlReceived(message={"emitted": emitted}) if type(emitted) is int and emitted >= 0:
                self.emitted = emitted
            case ControlReceived(source, message={"fell_back": dict(report)}):
                self.fell_back = True
                yield self._recorder_entry(
                    IpcFellBack(
                        from_mode=str(report.get("from_mode", QUEUE)),
                        to_mode=source,
                        kind=_kind(report.get("kind")),
                        cause=str(report.get("cause", "")),
                        last_confirmed=_count(report.get("last_confirmed")),
                        sent_again=_count(report.get("sent_again")),
                    )
                )
            case ControlReceived(message={"refused": dict(report)}):
                yield self._recorder_entry(
                    ConnectionRefused(str(report.get("reason", "")), _count(report.get("count")))
                )
            case ControlReceived(source, message={"too_long": dict(report)}):
                size, sha256 = _count(report.get("size")), str(report.get("sha256", ""))
                yield self._recorder_entry(LineRejected(source, "the item is too long for the queue", size, sha256))
            case ChannelBroke(source, cause):
                self.broken[source] = cause
            case ControlReceived(source, body=body):
                yield self._rejection_entry(_rejected(source, "it is not a message of the channel", body))

    def _event_entries(self, item: EventReceived) -> Iterator[Entry]:
        try:
            event = decode_event(item.body)
        except UndecodableEvent as error:
            yield self._rejection_entry(_rejected(item.source, str(error), item.body))
            return
        numbers = self.numbers.setdefault(item.source, RangeSet())
        last, seq = numbers.last, event.seq
        if seq in numbers and self._is_repetition(item):
            self._meter.repeated(item.source)
            return
        if not 0 < seq <= _LARGEST_SEQ or seq in numbers:
            seq = last + 1  # the event has no number, or that of another event: use the order of arrival
        elif last and seq > last + 1:
            yield self._recorder_entry(GapFound(item.source, last + 1, seq - 1))
        if event.step == "error":
            self.last_error = event.detail
        numbers.add(seq)
        self._remember(item)
        self.received[item.source] = self.received.get(item.source, 0) + 1
        yield entry_of(self.run_id, item.source, seq, event, item.body)

    def _is_repetition(self, item: EventReceived) -> bool:
        return _digest(item) in self._recent

    def _remember(self, item: EventReceived) -> None:
        self._recent[_digest(item)] = None
        if len(self._recent) > _MAX_RECENT:
            self._recent.popitem(last=False)  # a plain dict would have to skip all deleted entries to find the first

    def _output_entry(self, stream: str, data: bytes, offset: int) -> Entry:
        try:
            text, exact = data.decode("utf-8"), None
        except UnicodeDecodeError:
            text, exact = data.decode("utf-8", "replace"), data
        return self._recorder_entry(OutputCaptured(stream, text, offset), exact)

    def _rejection_entry(self, item: Rejected) -> Entry:
        return self._recorder_entry(
            LineRejected(item.source, item.reason, item.size, item.sha256, item.offset), item.body or None
        )

    def _recorder_entry(self, event: RecorderEvent, data: bytes | None = None) -> Entry:
        self._recorder_seq += 1
        mask: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        if self._secrets is not None and (not isinstance(event, OutputCaptured | LineRejected) or self._mask_output):
            data = None if data is None else self._secrets.mask_bytes(data)
            mask = self._secrets.mask_members
        attachment = Attachment(data, media_type_of(ProgressEvent(data=data))) if data else None
        reference = reference_to(attachment.sha256) if attachment is not None else None
        body = event.encode(seq=self._recorder_seq, timestamp=self._clock(), data=reference, mask=mask)
        return entry_of(self.run_id, RECORDER, self._recorder_seq, decode_event(body), body, attachment)

    def _append(self, entries: Sequence[Entry]) -> None:
        try:
            self._writer.append(entries)
        except ObservationConflict:
            self._append_each(entries)
        if outages := self._writer.take_outages():
            spooled = self._writer.spool is not None
            self.note(*(RecordingDelayed(**vars(outage), spooled=spooled) for outage in outages))

    def _append_each(self, entries: Sequence[Entry]) -> None:
        """Append one by one; record an event whose number another event has as a rejected line.

        The recorder's own events get new numbers, beginning with the first of them: each takes the next free number,
        because another process, which recorded a redaction in this run, may have used theirs.
        """
        first = next((record.seq for record, _ in entries if record.source == RECORDER), None)
        self._recorder_seq = self._recorder_seq if first is None else first - 1
        for record, event in entries:
            if record.source == RECORDER:
                self._append_renumbered(self._renumber(record, event))
                continue
            try:
                self._writer.append([(record, event)])
            except ObservationConflict as error:
                body = record.body if record.artifact is None else reattach(record.body, record.artifact.data)
                self._append_renumbered(self._rejection_entry(_rejected(record.source, str(error), body)))

    def _append_renumbered(self, entry: Entry) -> None:
        """Append one of the recorder's own events under the first free number."""
        while True:
            try:
                self._writer.append([entry])
                return
            except ObservationConflict:
                entry = self._renumber(*entry)

    def _renumber(self, record: Record, event: ProgressEvent) -> Entry:
        """Return one of the recorder's own events with the next number."""
        self._recorder_seq += 1
        if record.seq == self._recorder_seq:
            return record, event
        body = encode_json(decode_json(record.body) | {"seq": self._recorder_seq})
        return record._replace(seq=self._recorder_seq, body=body), decode_event(body)


def _rejected(source: str, reason: str, body: bytes) -> Rejected:
    return Rejected(source, reason, body, len(body), hashlib.sha256(body).hexdigest())


def _digest(item: EventReceived) -> bytes:
    digest = hashlib.blake2b(item.source.encode(), digest_size=16)
    digest.update(item.body)  # apart, because it may be long
    return digest.digest()


def _kind(value: object) -> str:
    """Return the kind of a fallback that a child reported; a child of another version may report an unknown one."""
    return value if isinstance(value, str) and value in FALLBACK_KINDS else OTHER


def _count(value: object) -> int:
    return value if type(value) is int and value >= 0 else 0
