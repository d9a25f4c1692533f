"""Logs to export from, and their bundles."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence

from store.bundle.reader import Bundle
from store.bundle.verifier import BundleVerification, BundleVerifier
from store.log import Attachment, EventLog, Observation
from store.proofs.signed_note import SigningKey
from tests.store.making import PNG, RUN, record, records, redaction_records

KEY = SigningKey.from_pem(
    b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    b"-----END PRIVATE KEY-----\n"
)
OTHER = "vrts_00000000000000bb.1"
SECOND = "vrts_00000000000000aa.2"
GIF = Attachment(b"GIF89a and no more", "image/gif")
REPORT = b"<!doctype html><p>A report.</p>"


def fill(log: EventLog) -> None:
    """Write runs of two audits in turn, with attachments, bytes that are not UTF-8, and a redacted event."""
    log.append(records(1, 3, run_id=OTHER))
    for seq in range(1, 9):
        log.append([record(seq, artifact=PNG if seq == 3 else GIF if seq in (4, 5) else None)])
        log.append([record(seq + 3, run_id=OTHER)])
    log.append(
        [record(9, b"\xff\xfe no UTF-8", emitted_at=None), record(10, '{"text":"“é” \\u0007 \U0001f600"}'.encode())]
    )
    log.append([record(1, run_id=SECOND, artifact=PNG, step="")])
    redact(log, Observation("queue", 4))
    log.append(records(12, 20, run_id=OTHER))


def redact(log: EventLog, *observations: Observation, run_id: str = RUN) -> None:
    """Redact observations of a run."""

    log.redact(run_id, observations, redaction_records(run_id))


def exported(log: EventLog, runs: Sequence[str] = (RUN, SECOND), report: Iterable[bytes] = (REPORT,)) -> bytes:
    """Return the bundle of some runs."""
    file = io.BytesIO()
    log.export(file, runs, key=lambda: KEY, report=lambda manifest: report)
    return file.getvalue()


def verification_of(data: bytes, **options: object) -> BundleVerification:
    """Return the verification of a bundle."""
    return BundleVerifier(Bundle(io.BytesIO(data), name="x.veritas.zip"), **options).run()  # type: ignore[arg-type]


def files_of(data: bytes) -> dict[str, bytes]:
    """Return a bundle's files."""
    bundle = Bundle(io.BytesIO(data), name="x.veritas.zip")
    return {name: b"".join(bundle.zip.chunks(member)) for name, member in bundle.zip.members.items()}


def repacked(files: dict[str, bytes]) -> bytes:
    """Return a zip of these files in a bundle's form, written here from FORMAT.md."""
    body, directory = b"", b""
    for name, content in files.items():
        common = struct.pack(
            "<HHHHHIIIHH", 10, 0, 0, 0, 33, zlib.crc32(content), len(content), len(content), len(name), 0
        )
        central = struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, len(body))
        directory += b"PK\1\2" + struct.pack("<H", 0x0314) + common + central + name.encode()
        body += b"PK\3\4" + common + name.encode() + content
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


def edited(data: bytes, edit: Callable[[dict[str, bytes]], object]) -> bytes:
    """Return a bundle with changed files, packed as a bundle."""
    files = files_of(data)
    edit(files)
    return repacked(files)
