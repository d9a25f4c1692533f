"""A shop on loopback that is different on each visit: prices change, banners alternate, and offers come and go."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.serving import serving

BANNERS = ("Frühling", "Sommer", "Überraschung")


@contextmanager
def serve_nondeterministic_site(seed: int) -> Iterator[str]:
    """Serve the shop, whose changes follow from *seed*, and yield its address."""
    moods = random.Random(seed)

    def answer(path: str) -> bytes:
        return json.dumps(_page(path, moods), ensure_ascii=False).encode("utf-8")

    with serving(answer, "application/json") as url:
        yield url


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
