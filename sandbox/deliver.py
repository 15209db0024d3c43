"""The event queue: form-encoded POSTs, never repeated, nothing before the installation is finished."""

import threading
import time
import urllib.error
import urllib.request
from typing import Any

from sandbox import php
from sandbox.portal import Portal
from sandbox.tokens import ACCESS_SECONDS

TIMEOUT = 10
WITH_REFRESH = ("ONAPPINSTALL", "ONAPPUPDATE", "ONAPPTEST")
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fire(portal: Portal, event: str, data: dict[str, Any], user_id: int | None) -> None:
    """Queue an event for every handler bound to it; sent by a thread of its own."""
    with portal.lock:
        if not (portal.app.added and portal.app.installed and portal.switches["payment"]):
            return
        handlers = [row["handler"] for row in portal.app.handlers if row["event"] == event]
        bodies = [(url, envelope(portal, event, data, user_id)) for url in handlers]
    if bodies and portal.switches["events"] != "drop":
        times = 2 if portal.switches["events"] == "duplicate" else 1
        threading.Thread(target=send_all, args=(portal, event, bodies * times), daemon=True).start()


def envelope(portal: Portal, event: str, data: dict[str, Any], user_id: int | None) -> dict[str, Any]:
    """What is sent: without a known user there are no tokens."""
    return {
        "event": event,
        "event_handler_id": "1",
        "data": data,
        "ts": int(time.time()),
        "auth": auth(portal, event, user_id),
    }


def auth(portal: Portal, event: str, user_id: int | None) -> dict[str, Any]:
    """The `auth` of an event; without a user it holds no endpoints either, whatever the documents show."""
    values: dict[str, Any] = {
        "domain": portal.host,
        "member_id": portal.member_id,
        "application_token": portal.application_token,
    }
    endpoints = {"server_endpoint": portal.server_endpoint, "client_endpoint": portal.client_endpoint}
    if user_id is None:
        return values | (endpoints if portal.switches["event_auth"] == "docs" else {})
    pair = portal.issue(user_id)
    values |= endpoints | {
        "access_token": pair.access,
        "expires": int(pair.expires_at),
        "expires_in": ACCESS_SECONDS,
        "scope": ",".join(portal.scope),
        "status": portal.switches["status"],
        "user_id": user_id,
        "client_id": portal.tokens.client_id,
    }
    return values | ({"refresh_token": pair.refresh} if event in WITH_REFRESH else {})


def send_all(portal: Portal, event: str, bodies: list[tuple[str, dict[str, Any]]]) -> None:
    """Send in order, once each."""
    portal.stopping.wait(float(portal.switches["event_delay"]))
    for url, body in bodies:
        status = send(url, php.form(body).encode())
        portal.deliveries.append({"event": event, "handler": url, "status": status, "at": time.time()})


def send(url: str, body: bytes) -> int | None:
    """POST one event; None when nobody answered."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Bitrix24 Webhook Engine"}
    request = urllib.request.Request(url, body, headers, method="POST")
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return refusal.code
    except OSError:
        return None
