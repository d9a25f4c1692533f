"""The target `bundle`: a file that is given to `veritas verify FILE` and `veritas import FILE`."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.cli.logs import FAILED, TEE, write_all
from tests.fuzzing.target import Target
from tests.store.bundling import files_of, repacked


class BundleTarget(Target):
    """Verifies and imports a bundle; one run's valid bundle is among the seeds."""

    name = "bundle"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._file = directory / "given.zip"
        self._file.touch()
        write_all(self.log)
        self.prepare("key", "create")
        self._exported: dict[str, bytes] = {}
        for audit in (TEE, FAILED):
            out = directory / "out.zip"
            self.prepare("export", audit, "-o", str(out), "--force")
            self._exported[audit] = out.read_bytes()
            out.unlink()

    def seeds(self) -> Mapping[str, bytes]:
        """Return bundles, the same files packed by another program, and zips that hurt a careless reader."""
        files = files_of(self._exported[TEE])
        return {
            "valid": self._exported[TEE],
            "other": self._exported[FAILED],
            "packed again": packed(lambda zip: [zip.writestr(name, files[name]) for name in files]),
            "bomb": packed(lambda zip: zip.writestr("events.jsonl", bytes(50_000_000), zipfile.ZIP_DEFLATED)),
            "traversal": packed(lambda zip: zip.writestr("../../outside", b"x")),
            "absolute": packed(lambda zip: zip.writestr("/tmp/outside", b"x")),
            "link": packed(_add_link),
            "twice": repacked(files) + repacked(files),
            "many": packed(lambda zip: [zip.writestr(f"f{number}", b"") for number in range(3_000)]),
            "overlapping": overlapping(),
            "zip64": zip64(files),
            "traversal in form": repacked({**files, "artifacts/../../outside": b"x"}),
            "deep manifest": repacked({**files, "manifest.json": b"[" * 100_000}),
            "long line": repacked({**files, "events.jsonl": b"{" + b" " * 2_000_000}),
            "count": repacked(files)[:-12] + struct.pack("<HHIIH", 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)[:12],
        }

    def run(self, data: bytes) -> None:
        """Verify the file, and import it."""
        self._file.write_bytes(data)
        self.invoke("verify", str(self._file))
        self.invoke("import", str(self._file), writes=True)


class BundleContentTarget(BundleTarget):
    """Verifies and imports a bundle in which one file was replaced; it is packed as a bundle, with right checksums.

    The file's first byte chooses the file in the bundle, and the rest is its content.
    """

    name = "bundle-content"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._content = files_of(self._exported[TEE])

    def seeds(self) -> Mapping[str, bytes]:
        """Return each file as it is, and contents that hurt a careless reader."""
        files = {name: bytes([at]) + content for at, (name, content) in enumerate(self._content.items())}
        at = {name: content[:1] for name, content in files.items()}
        event, rest = self._content["events.jsonl"].split(b"\n", 1)
        return {
            **{name: content for name, content in files.items() if name != "FORMAT.md"},
            "huge numbers": at["events.jsonl"] + re.sub(rb":\d+", b":99999999999999999999", event) + b"\n" + rest,
            "no numbers": at["events.jsonl"] + re.sub(rb":\d+", b":1e5", event) + b"\n" + rest,
            "another run": at["events.jsonl"] + event.replace(b"vrts_", b"../../") + b"\n" + rest,
            "repeated": at["events.jsonl"] + (event + b"\n") * 500,
            "nothing": at["events.jsonl"],
            "deep": at["manifest.json"] + b'{"a":' * 100_000,
            "markup": at["report.html"] + b"<script>alert(1)</script>",
        }

    def run(self, data: bytes) -> None:
        """Replace the file, pack the bundle, verify it and import it."""
        if data:
            names = list(self._content)
            super().run(repacked({**self._content, names[data[0] % len(names)]: data[1:]}))


def packed(fill: Callable[[zipfile.ZipFile], object]) -> bytes:
    """Return a zip that Python's own library packs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zip:
        fill(zip)
    return file.getvalue()


def _add_link(zip: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("FORMAT.md")
    info.external_attr = 0o120777 << 16
    zip.writestr(info, "/etc/passwd")


def overlapping() -> bytes:
    """Return a zip whose directory names one file a thousand times, so that a reader multiplies it."""
    one = packed(lambda zip: zip.writestr("FORMAT.md", b"x" * 1000))
    at = one.index(b"PK\1\2")
    entry, end = one[at : one.index(b"PK\5\6")], one[one.index(b"PK\5\6") :]
    fields = list(struct.unpack("<4sHHHHIIH", end))
    fields[3] = fields[4] = 1000
    fields[5] = len(entry) * 1000
    return one[:at] + entry * 1000 + struct.pack("<4sHHHHIIH", *fields)


def zip64(files: Mapping[str, bytes]) -> bytes:
    """Return a bundle whose end says that its sizes are in a Zip64 record, which lies about them."""
    whole = repacked(dict(files))
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 2**40, 2**40, 2**60, 2**60)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(whole) - 22, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return whole[:-22] + record + locator + end
