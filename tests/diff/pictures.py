"""Pictures to compare, as PNG."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageDraw

Box = tuple[int, int, int, int]  # left, top, width, height


def picture(
    size: tuple[int, int], *marked: Box, form: str = "PNG", mode: str = "RGB", transparent: bool = False
) -> bytes:
    """Return a white or transparent picture with some black boxes."""
    image = Image.new("RGBA", size, (0, 0, 0, 0)) if transparent else Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for left, top, width, height in marked:
        draw.rectangle((left, top, left + width - 1, top + height - 1), "black")
    written = io.BytesIO()
    image.convert(mode).save(written, form)
    return written.getvalue()


def bomb(width: int, height: int, bits: int = 8) -> bytes:
    """Return a small PNG that claims to have this size and this many bits a colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
