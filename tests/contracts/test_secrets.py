"""No secret in any log: real flows run at DEBUG, and every secret that took part is searched for."""

from pathlib import Path

import pytest

from scripts.processes import CLIENT_SECRET, app_settings
from tests.support.acting import own
from tests.support.databases import SqliteTemplates
from tests.support.frame import Frame
from tests.support.stand import RunningApp, Stand, http_pool

DEBUG = {"LOG_LEVEL": "DEBUG", "GUNICORN_CMD_ARGS": "--log-level debug"}
FAULTS = ("502", "html", "truncated", "reset", "expired", "lock_busy", "503")


def leaks(text: str, secrets: dict[str, str]) -> list[str]:
    """Names of the secrets that stand in the text, whole or by their first twelve characters."""
    return sorted(name for name, secret in secrets.items() if secret[:12] in text)


def live(stand: Stand, app: RunningApp) -> dict[str, str]:
    """Everything that handles secrets, in good and in bad weather; the secrets that took part come back."""
    portal = stand.portal(app)
    secrets: dict[str, str] = {}

    def collect(fields: dict[str, str], when: str) -> None:
        for name in ("AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN"):
            secrets[f"{name} {when}"] = fields[name]

    admin = Frame(portal, user_id=1)
    address, fields = admin.prepare("/install")
    collect(fields, "of the installation")
    assert admin.post_form(address, fields).status == 200
    portal.control("POST", "install")
    frame = Frame(portal)
    frame.open()
    collect(frame.fields, "of the opening")
    secrets["session token"] = str(frame.token).rpartition(".")[2]
    chat_id = own(frame, pinned=False)[0]
    frame.act("pin", chat_id)
    portal.expire_tokens(27)
    frame.act("unpin", chat_id)
    for fault in FAULTS:
        portal.fault(fault, times=2)
        frame.act("pin", chat_id)
        frame.get("/api/dialogs")
        portal.heal()
    portal.fault("html", target="oauth")
    _, renewal = portal.opening(27)
    collect(renewal, "of the renewal")
    frame.renew(renewal)
    frame.open()
    collect(frame.fields, "of an opening without answer")
    portal.heal()
    forged = {**frame.fields, "AUTH_ID": "canary-" + "a" * 60, "member_id": "canary-" + "b" * 25}
    collect(forged, "that is forged")
    frame.post_form(frame.prepare("/app")[0], forged)
    callback = f"{app.url}/app?code=canary-code-{'c' * 40}&state=canary-state&domain=x.example&member_id=y"
    secrets["code of a callback"] = "canary-code-"
    http_pool().request("GET", callback, redirect=False)
    token = portal.control("GET", "app")["application_token"]
    secrets["application token"] = token
    event = {"event": "ONAPPUPDATE", "auth[member_id]": fields["member_id"], "auth[application_token]": token}
    frame.post_form(f"{app.url}/events", event)
    portal.control("POST", "uninstall", {"clean": 0})
    return secrets


@pytest.fixture
def debugged(stand: Stand, sqlite_templates: SqliteTemplates, tmp_path: Path) -> tuple[str, dict[str, str]]:
    """The log of an app at DEBUG, its database as bytes beside it, and the secrets."""
    with sqlite_templates.fresh(tmp_path) as url, stand.app(url, **DEBUG) as app:
        secrets = live(stand, app)
        settings = app_settings(stand.ports, url, tmp_path)
        secrets |= {name: settings[name] for name in ("SECRET_KEY", "TOKEN_KEYS")}
        secrets["client secret"] = CLIENT_SECRET
        log = app.log()
        files = [path for path in app.server.log.parent.rglob("*") if path.is_file()]
        stored = b"".join(path.read_bytes() for path in [app.database, *files]).decode("latin-1")
    return log + stored, secrets


def test_no_secret_is_logged_or_stored_readable(debugged: tuple[str, dict[str, str]]) -> None:
    text, secrets = debugged
    assert "[DEBUG]" in text, "the log really is at DEBUG"
    assert text.count('"method":"batch"') > 10, "the flows really ran"
    assert len(secrets) > 15
    assert leaks(text, secrets) == []


def test_a_planted_secret_is_found(debugged: tuple[str, dict[str, str]]) -> None:
    text, secrets = debugged
    planted = f"{text}\nPOST /rest/ auth={secrets['AUTH_ID of the opening']}"
    assert leaks(planted, secrets) == ["AUTH_ID of the opening"]
