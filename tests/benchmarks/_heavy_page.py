"""A page that is heavier than those of the demo shops: long, with many products, reviews and photographs."""

from __future__ import annotations

import random
from io import BytesIO

from PIL import Image

PRODUCTS, REVIEWS, PHOTOS = 60, 120, 6
_WORDS = ("the", "kettle", "boils", "water", "fast", "is", "light", "to", "hold", "and", "easy", "clean")


def heavy_page() -> dict[str, tuple[str, bytes]]:
    """Return the media type and the body of each path, the same each time."""
    source = random.Random(18)
    photos = {f"/photo-{number}.jpg": ("image/jpeg", _photo(source)) for number in range(PHOTOS)}
    return {"/": ("text/html; charset=utf-8", _page(source, list(photos)).encode())} | photos


def _page(source: random.Random, photos: list[str]) -> str:
    def sentence() -> str:
        return f"{' '.join(source.choices(_WORDS, k=14))}.".capitalize()

    pictures = "".join(f"<img src={path} width=300 height=200 alt='A kitchen'>" for path in photos)
    products = "".join(
        f"<article class=card><h2>Kettle {number}</h2><p>{sentence()}</p><b>&pound;{source.randint(20, 90)}.50</b>"
        "<form><label>Pieces <input type=number value=1></label><button type=button>Add to basket</button></form>"
        "</article>"
        for number in range(PRODUCTS)
    )
    reviews = "".join(f"<li><b>Buyer {number}</b> {sentence()} {sentence()}</li>" for number in range(REVIEWS))
    return (
        "<!doctype html><html lang=en><title>Kettles</title><style>body { font: 16px sans-serif; margin: 2em }"
        "main { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1em } .card { border: 1px solid #bbb;"
        f"border-radius: 8px; padding: 1em }}</style><h1>Kettles</h1><p>{pictures}</p><main>{products}</main>"
        f"<h2>Reviews</h2><ol>{reviews}</ol>"
    )


def _photo(source: random.Random) -> bytes:
    """Return a JPEG file with large shapes, small ones, and the grain of a camera."""
    width, height = 300, 200
    photo = Image.new("RGB", (width, height), (128, 128, 128))
    for columns, share in ((6, 0.7), (30, 0.3), (width, 0.06)):
        rows = columns * height // width
        noise = Image.frombytes("RGB", (columns, rows), source.randbytes(columns * rows * 3))
        photo = Image.blend(photo, noise.resize((width, height), Image.Resampling.BICUBIC), share)
    written = BytesIO()
    photo.save(written, "JPEG", quality=85)
    return written.getvalue()
