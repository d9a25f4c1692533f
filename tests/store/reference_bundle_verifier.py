"""A reference verifier, written from FORMAT.md alone: standard library, nothing of store or veritas.

python reference_bundle_verifier.py x.veritas.zip [PUBLIC_KEY]
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zipfile
from typing import Any

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, as in RFC 8032, section 6
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def point(encoded: bytes) -> tuple[int, int, int, int]:
    sign, y = encoded[31] >> 7, int.from_bytes(encoded, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT % P
    assert y < P and x * x % P == square and (x or not sign), "not a point of the curve"
    x = x if x % 2 == sign else P - x
    return x, y, 1, x * y % P


def add(one: tuple[int, ...], two: tuple[int, ...]) -> tuple[int, int, int, int]:
    a, b = (one[1] - one[0]) * (two[1] - two[0]), (one[1] + one[0]) * (two[1] + two[0])
    c, d = 2 * one[3] * two[3] * D, 2 * one[2] * two[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(factor: int, base: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    result = (0, 1, 1, 0)
    while factor:
        result, base, factor = add(result, base) if factor & 1 else result, add(base, base), factor >> 1
    return result


def is_signed(text: bytes, signature: bytes, key: bytes) -> bool:
    r, s = point(signature[:32]), int.from_bytes(signature[32:], "little")
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % L
    left, right = times(s, base), add(r, times(h, point(key)))
    return s < L and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _ in pairs}) == len(pairs), "a name occurs twice in an object"
    return dict(pairs)


def member(value: str | int | bytes | None) -> bytes:
    if value is None:
        return b"\xff" * 8
    data = value if isinstance(value, bytes) else str(value).encode()
    return len(data).to_bytes(8, "big") + data


class Tree:
    def __init__(self) -> None:
        self.size, self.parts = 0, list[tuple[int, bytes]]()

    def append(self, leaves: int, node: bytes) -> None:
        self.size += leaves
        while self.parts and self.parts[-1][0] == leaves:
            node, leaves = sha256(b"\x01", self.parts.pop()[1], node), 2 * leaves
        self.parts.append((leaves, node))

    def fill(self, stop: int, roots: list[str]) -> None:
        for root in roots:
            leaves = 1
            while self.size % (2 * leaves) == 0 and self.size + 2 * leaves <= stop:
                leaves *= 2
            assert self.size + leaves <= stop, "the proof is too long for its gap"
            self.append(leaves, bytes.fromhex(root))
        assert self.size == stop, "the proof does not fill its gap"

    def root(self) -> bytes:
        node = self.parts[-1][1]
        for _, left in reversed(self.parts[:-1]):
            node = sha256(b"\x01", left, node)
        return node


def verify(path: str, known_key: str | None = None) -> int:
    """Return how many events a bundle proves; raise an error if it does not."""
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        assert all(info.compress_type == zipfile.ZIP_STORED for info in infos) and len(infos) < 65536, "compressed"
        manifest = json.loads(archive.read("manifest.json"), object_pairs_hook=once)
        assert (manifest["format"], manifest["version"]) == ("veritas evidence bundle", 1), "another format"
        for file, info in zip([*manifest["files"], {"name": "manifest.json"}], infos, strict=True):
            assert file["name"] == info.filename, "not the files of the manifest"
            data = b"" if info.filename == "manifest.json" else archive.read(info)
            stated = (len(data), sha256(data).hex())
            assert info.filename == "manifest.json" or (file["size"], file["sha256"]) == stated, info.filename

        text, _, signatures = archive.read("checkpoint").decode().rpartition("\n\n")
        origin, size, root = (text + "\n").split("\n")[:3]
        name, id_, encoded = manifest["key"].split("+", 2)
        key = base64.b64decode(encoded, validate=True)
        assert key[:1] == b"\x01" and len(key) == 33 and name == origin, "not an Ed25519 key of this log"
        assert sha256(name.encode(), b"\n", key)[:4].hex() == id_, "the key's id is wrong"
        assert known_key in (None, manifest["key"]), "signed with another key"
        lines = [
            line.removeprefix("— ").split(" ") for line in signatures.splitlines() if line.startswith(f"— {name} ")
        ]
        decoded = [base64.b64decode(signature) for _, signature in lines]
        by_key = [signature[4:] for signature in decoded if signature[:4].hex() == id_]
        assert any(is_signed((text + "\n").encode(), signature, key[1:]) for signature in by_key), "not signed"
        summary = {"origin": origin, "size": int(size), "root": base64.b64decode(root).hex()}
        assert manifest["checkpoint"] == summary, "the manifest states another checkpoint"

        tree, runs, artifacts, gone, named = Tree(), dict[str, dict[str, Any]](), set[str](), set[Any](), set[Any]()
        for line in archive.open("events.jsonl"):
            event = json.loads(line, object_pairs_hook=once)
            run = runs.setdefault(
                event["run_id"], {"run_id": event["run_id"], "events": 0, "redacted": 0, "head": "00" * 32}
            )
            observation, body_hash = (event["run_id"], event["source"], event["seq"]), bytes.fromhex(event["body_hash"])
            text_ = event.get("body")
            body = text_.encode() if text_ is not None else base64.b64decode(event.get("body_base64", ""))
            if "body_base64" not in event and text_ is None:
                assert event["salt"] is None and event["type"] != "observation_redacted", "a partial redaction"
                gone.add(observation)
            else:
                assert sha256(bytes.fromhex(event["salt"]), body) == body_hash, f"position {event['position']}: body"
                artifacts |= {event["artifact"]} - {None}
                if (event["source"], event["type"]) == ("recorder", "observation_redacted"):
                    what = json.loads(body)["observation"]
                    named.add((event["run_id"], what["source"], what["seq"]))
            names = ("run_id", "source", "seq", "type", "phase", "step", "emitted_at", "recorded_at", "schema_version")
            artifact = event["artifact"] and bytes.fromhex(event["artifact"])
            envelope = b"".join(member(value) for value in (*(event[name] for name in names), artifact))
            event_hash = sha256(b"\x00", bytes.fromhex(run["head"]), envelope, body_hash)
            assert event_hash.hex() == event["hash"], f"position {event['position']}: hash"
            tree.fill(event["position"] - 1, event["proof"])
            tree.append(1, event_hash)
            run["events"], run["redacted"] = run["events"] + 1, run["redacted"] + (observation in gone)
            run["head"] = event["hash"]
        tree.fill(int(size), manifest["rest"])
        assert tree.root() == base64.b64decode(root), "the events are not in the signed tree"
        assert gone <= named, "a body is missing and no redaction names it"
        assert list(runs.values()) == manifest["runs"], "not the runs of the manifest"
        files = {file["name"] for file in manifest["files"]}
        assert {f"artifacts/{digest}" for digest in artifacts} == {n for n in files if n.startswith("artifacts/")}
        assert all(n == f"artifacts/{file['sha256']}" for file in manifest["files"] if (n := file["name"])[0] == "a")
    return sum(run["events"] for run in runs.values())


if __name__ == "__main__":
    print(f"{verify(*sys.argv[1:3])} events are proved.")
