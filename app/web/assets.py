"""Static files under an address whose folder carries a hash of the whole tree, so they may be kept forever.

The hash is in the folder because the page's modules import each other by relative names.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import rcssmin
from flask import Flask, Response, abort

from app.web.access import public
from app.web.bundle import bundle, squeeze
from app.web.frame import takes_gzip

_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}
# Scripts that pages name: each goes out joined with the modules that it imports.
_ENTRIES = ("desk/main.js", "desk/card.js")
# Modules that the desk loads on first use: each goes out by itself.
_LATER = "desk/extras/"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it goes out: plain and, where it helps, compressed once."""

    content: bytes
    packed: bytes | None
    type: str


class Assets:
    """The static tree: `url(path)` for pages, `read(path)` for the route.

    `made` are further files that only exist here, by path: content that is known at start.
    """

    def __init__(self, folder: Path, made: Mapping[str, bytes] | None = None) -> None:
        self._folder = folder
        self._kept: dict[str, Asset] = {}
        self._lock = Lock()
        self._files = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
        self._kept |= {
            name: _asset(bundle(folder / "desk", Path(name).stem).encode(), Path(name))
            for name in _ENTRIES
            if name in self._files
        }
        self._kept |= {name: _asset(content, Path(name)) for name, content in (made or {}).items()}
        self.version = self._hash(made or {})

    def _hash(self, made: Mapping[str, bytes]) -> str:
        digest = hashlib.blake2b(digest_size=6)
        contents = {name: path.read_bytes() for name, path in self._files.items()} | dict(made)
        for name, content in contents.items():
            digest.update(name.encode() + b"\0" + content)
        return digest.hexdigest()

    def url(self, path: str) -> str:
        """The address of a file of `static/`."""
        return f"/static/{self.version}/{path}"

    def read(self, path: str) -> Asset | None:
        """The file, or None: only names found at start are served, so no path can leave the folder."""
        asset = self._kept.get(path)
        if asset is None and path in self._files:
            asset = _asset(_content(path, self._files[path]), self._files[path])
            with self._lock:
                self._kept[path] = asset
        return asset


def _content(name: str, path: Path) -> bytes:
    content = path.read_bytes()
    if name.startswith(_LATER) and path.suffix == ".js":
        return squeeze(content.decode()).encode()
    return content


def _asset(content: bytes, path: Path) -> Asset:
    if path.suffix == ".css":
        content = bytes(rcssmin.cssmin(content))
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    text = kind.startswith("text/") or path.suffix in _TYPES
    packed = gzip.compress(content, 9, mtime=0) if text and len(content) > 256 else None
    return Asset(content, packed, f"{kind}; charset=utf-8" if text else kind)


def register_assets(app: Flask, assets: Assets) -> None:
    """Serve `/static/<version>/<path>` (kept forever) and `/static/<path>` (asked again each time)."""

    @app.get("/static/<path:path>", endpoint="static")
    @public
    def static(path: str) -> Response:
        version, _, rest = path.partition("/")
        current = version == assets.version
        asset = assets.read(rest if current else path)
        if asset is None:
            abort(404)
        packed = asset.packed if takes_gzip() else None
        response = Response(packed or asset.content, content_type=asset.type)
        response.headers["Cache-Control"] = _FOREVER if current else "no-cache"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        return response
