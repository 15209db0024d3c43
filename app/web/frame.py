"""Headers of every answer: who may frame it, what may run in it, that nothing is kept, compression.

A page names exactly the proved portal in `frame-ancestors`; a page without a proof holds no data and may be
framed by anyone, because a refused frame would be blank (page "Site does not allow the connection").
"""

import gzip
import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

ANYONE = "*"
NOBODY = "'none'"
_PACKED_TYPES = ("text/html", "application/json")
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


def nonce() -> str:
    """The nonce of this response's scripts."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    value: str = g.nonce
    return value


def framed_by(ancestors: str) -> None:
    """Say who may frame this response: a proved portal's origin, ANYONE or NOBODY (the default)."""
    g.ancestors = ancestors


def leads_elsewhere() -> None:
    """The page has a form whose answer redirects to a portal (a form's target includes its redirects)."""
    g.form_action = "'self' https: http:"


def origin_of(url: str) -> str:
    """Scheme and host[:port] of an address, as browsers write an Origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def install_headers(app: Flask, js_url: str, secure: bool) -> None:
    """Add the headers to every answer, also to errors."""
    js_origin = origin_of(js_url)

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        if secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if response.mimetype == "text/html":
            response.headers["Permissions-Policy"] = _PERMISSIONS
            response.headers["Content-Security-Policy"] = _policy(js_origin)
        else:
            response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        return _packed(response)


def _policy(js_origin: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce()}' {js_origin}",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            f"form-action {g.get('form_action', chr(39) + 'self' + chr(39))}",
            f"frame-ancestors {g.get('ancestors', NOBODY)}",
        )
    )


def takes_gzip() -> bool:
    """Whether the client takes compressed answers: what it says of gzip itself, else of everything."""
    given = {name.lower(): quality for name, quality in request.accept_encodings}
    return given.get("gzip", given.get("*", 0)) > 0


def _packed(response: Response) -> Response:
    """Compress pages and JSON; level 1 costs a third of the default's time for a tenth more bytes."""
    if response.mimetype not in _PACKED_TYPES or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if takes_gzip() and len(body) > 1024 and "Content-Encoding" not in response.headers:
        response.set_data(gzip.compress(body, 1, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
