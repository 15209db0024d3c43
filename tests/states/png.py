"""Small pictures: a screenshot with a palette of 256 colours is a third of the size and looks the same."""

import base64
import struct
import zlib
from pathlib import Path

from playwright.sync_api import Page

_SCRIPT = Path(__file__).with_suffix(".js").read_text()


def small(page: Page, png: bytes) -> bytes:
    """The screenshot as a PNG with a palette; `page` is any blank page, its browser does the counting."""
    made = page.evaluate(_SCRIPT, base64.b64encode(png).decode())
    width, height = int(made["width"]), int(made["height"])
    indices = base64.b64decode(made["indices"])
    lines = b"".join(b"\0" + indices[at * width : (at + 1) * width] for at in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = bytes(value for colour in made["palette"] for value in colour)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
