"""A shop on loopback that is never the same twice: prices move, banners take turns, and offers come and go."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BANNERS = ("Frühling", "Sommer", "Überraschung")


@contextmanager
def serve_noisy_site(seed: int) -> Iterator[str]:
    """Serve the shop, whose moods follow from *seed*, and give its address."""
    moods = random.Random(seed)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(_page(self.path, moods), ensure_ascii=False).encode("utf-8")
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _page(path: str, moods: random.Random) -> dict[str, Any]:
    if path == "/":
        return {"title": "Der Laden für Schönes", "banner": moods.choice(BANNERS)}
    number = int(path.rpartition("/")[2])
    return {
        "title": f"Stück {number}",
        "price": round(moods.uniform(5, 90), 2),
        "weight": number + 0.125,
        "banner": BANNERS[moods.randrange(len(BANNERS))],
        "offers": [f"offer {moods.randrange(1000)}" for _ in range(moods.randrange(4))],
    }
