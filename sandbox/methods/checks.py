"""Checks that handler addresses have to pass."""

from urllib.parse import urlsplit

from sandbox.rest_errors import RestFault


def check_handler(url: str) -> None:
    """http or https and a host with a dot, as the portal wants it."""
    parts = urlsplit(url)
    if not url:
        raise RestFault("EMPTY_ERROR_HANDLER_URL", "Handler URL is empty")
    if parts.scheme not in ("http", "https"):
        raise RestFault("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported event handler protocol")
    if "." not in (parts.hostname or ""):
        raise RestFault("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
