"""Crashes for Sentry, where one is set up. The rule: what leaves names places in the code, and no data.

An event is made anew of what may leave; whatever else the package collects (requests with their headers and
queries, log lines, texts of exceptions, local variables) has no way out. The package is optional.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from app.bitrix24.trace import request_id

_PLAIN = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "transaction")
_PLACE = ("module", "function", "filename", "lineno", "in_app")

Event = Mapping[str, Any]


def report_crashes(dsn: str) -> None:
    """Begin to report to this DSN; the package must be installed (the settings have checked it)."""
    sentry = importlib.import_module("sentry_sdk")
    sentry.init(
        dsn=dsn,
        before_send=bare,
        before_send_transaction=nothing,
        before_breadcrumb=nothing,
        traces_sample_rate=None,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        send_client_reports=False,
        auto_session_tracking=False,
        server_name="pinline",
    )


def bare(event: Event, _hint: object = None) -> dict[str, Any]:
    """The event with its kind, route and places in the code, and the id that finds its log lines."""
    found = {name: event[name] for name in _PLAIN if name in event}
    crashes = [_crash(one) for one in (event.get("exception") or {}).get("values") or []]
    return {**found, "exception": {"values": crashes}, "tags": {"request_id": request_id.get()}}


def nothing(_event: object, _hint: object = None) -> None:
    """Let nothing leave."""
    return


def _crash(one: Event) -> dict[str, Any]:
    frames = [
        {name: frame[name] for name in _PLACE if name in frame}
        for frame in (one.get("stacktrace") or {}).get("frames") or []
    ]
    return {"type": one.get("type"), "module": one.get("module"), "stacktrace": {"frames": frames}}
