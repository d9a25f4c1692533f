"""The files of Docker's json-file driver: `{"log":"…\\n","stream":"stdout","time":"…"}`.

Docker cuts a line after 16 KiB; only its last piece ends in a newline. Fluentd and Fluent Bit write the same members,
and name the container.
"""

from __future__ import annotations

from veritas.channels.messages import STDOUT
from veritas.errors import UndecodableEvent
from veritas.events.json import as_mapping, as_text, decode_json
from veritas.recording.capture.entry import Entry

_BESIDES = {"stream", "time", "date", "@timestamp", "container_id", "kubernetes"}  # one of them is there beside `log`


def parse(line: bytes) -> Entry | None:
    """Return the entry in a line; None if it is not one of json-file."""
    if not line.startswith(b"{") or b'"log"' not in line:
        return None
    try:
        members = decode_json(line)
    except UndecodableEvent:
        return None
    log = members.get("log")
    if not isinstance(log, str) or not members.keys() & _BESIDES:
        return None
    stream = "stderr" if members.get("stream") == "stderr" else STDOUT
    return Entry(_program(members), log.encode("utf-8", "surrogatepass"), stream, as_text(members.get("time")))


def _program(members: dict[str, object]) -> str:
    """Return the container's name, where the file may be of several containers."""
    if len(members) <= 3:
        return ""
    pod = as_mapping(members.get("kubernetes"))
    names = [as_text(pod.get(name)) for name in ("namespace_name", "pod_name", "container_name")]
    tag = as_text(as_mapping(members.get("attrs")).get("tag"))
    own = as_text(members.get("container_name")) or as_text(members.get("container_id"))
    return "/".join(filter(None, names)) or own or tag or ""
