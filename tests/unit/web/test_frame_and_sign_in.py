"""Opening, installing and signing in against a sandbox in this process: who gets in, and who frames."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient

from sandbox import running
from tests.support.apps import beside, made
from tests.support.databases import SqliteTemplates

APP_URL = "http://127.0.0.1:1"


@dataclass
class Portal:
    """A sandbox, the app with a client of it, and what the portal's page would post."""

    box: running.Running
    client: FlaskClient

    def form(self, user_id: int = 27, page: str = "app", **query: str) -> tuple[str, dict[str, str]]:
        """Path with query, and fields, of an opening."""
        given = {"user_id": str(user_id), "page": page, **query}
        found = requests.get(f"{self.box.origin}/_sandbox/open", params=given, timeout=5).json()
        parts = urlsplit(found["action"])
        return f"{parts.path}?{parts.query}", found["fields"]

    def install(self) -> int:
        """The administrator's installation; the status of its page."""
        path, fields = self.form(1, "install")
        status = self.client.post(path, data=fields, headers={"Origin": self.box.origin}).status_code
        requests.post(f"{self.box.origin}/_sandbox/install", json={"user_id": 1}, timeout=5)
        return status

    def sign_in(self) -> str:
        """From /login to the address that the portal sends the browser back to."""
        host = self.box.origin.removeprefix("http://")
        start = self.client.get("/login", query_string={"domain": host})
        assert start.status_code == 303
        back = requests.get(start.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
        parts = urlsplit(back)
        return f"{parts.path}?{parts.query}"


@pytest.fixture
def portal(sqlite_templates: SqliteTemplates, tmp_path: Path) -> Iterator[Portal]:
    with (
        sqlite_templates.fresh(tmp_path) as url,
        running.start(app_url=APP_URL) as box,
        made(beside(box, APP_URL, url, tmp_path)) as app,
    ):
        yield Portal(box, app.test_client())


def ancestors(policy: str) -> str:
    """Who may frame a page."""
    return policy.rpartition("frame-ancestors ")[2]


def test_a_proved_page_is_framed_by_exactly_its_portal(portal: Portal) -> None:
    assert portal.install() == 200
    path, fields = portal.form()
    answer = portal.client.post(path, data=fields, headers={"Origin": portal.box.origin})
    assert answer.status_code == 200
    assert ancestors(answer.headers["Content-Security-Policy"]) == portal.box.origin
    assert "Set-Cookie" not in answer.headers
    html = answer.get_data(as_text=True)
    assert 'name="session-token"' in html
    assert not [secret for secret in (fields["AUTH_ID"], fields["REFRESH_ID"]) if secret in html]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:1", "http://localhost.evil.example"]
)
@pytest.mark.parametrize("page", ["app", "install"])
def test_another_sites_page_cannot_open_it(portal: Portal, page: str, origin: str) -> None:
    portal.install()
    path, fields = portal.form(1, page)
    answer = portal.client.post(path, data=fields, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "session-token" not in answer.get_data(as_text=True)
    for harmless in ("null", portal.box.origin):
        again = portal.client.post(path, data=fields, headers={"Origin": harmless})
        assert again.status_code == 200


def test_a_portal_that_never_installed_gets_told_so(portal: Portal) -> None:
    path, fields = portal.form(27, lang="ru")
    answer = portal.client.post(path, data=fields)
    assert answer.status_code == 403
    assert ancestors(answer.headers["Content-Security-Policy"]) == "*"
    assert "не установлен" in answer.get_data(as_text=True)


def test_a_chat_placement_opens_the_card(portal: Portal) -> None:
    portal.install()
    path, fields = portal.form(27, placement="IM_SIDEBAR", options='{"dialogId":"chat1701"}')
    html = portal.client.post(path, data=fields).get_data(as_text=True)
    assert '"focus_chat_id":1701' in html
    assert "desk/card.js" in html
    assert re.search(r'<main[^>]* data-chat-id="1701"', html)


def test_signing_in_ends_at_a_clean_address(portal: Portal) -> None:
    portal.install()
    answer = portal.client.get(portal.sign_in())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/app")
    desk = portal.client.get("/app")
    assert desk.status_code == 200
    assert ancestors(desk.headers["Content-Security-Policy"]) == "'none'"
    token = re.search(r'name="session-token" content="([^"]+)"', desk.get_data(as_text=True))
    assert token
    assert portal.client.get("/api/dialogs").status_code == 401
    assert portal.client.get("/api/dialogs", headers={"X-B24-Session": token[1]}).status_code == 200


def test_a_state_is_good_once(portal: Portal) -> None:
    portal.install()
    back = portal.sign_in()
    assert portal.client.get(back).status_code == 303
    assert portal.client.get(back).status_code == 403


def test_a_state_is_good_only_in_the_browser_that_began(portal: Portal) -> None:
    portal.install()
    back = portal.sign_in()
    stranger = portal.client.application.test_client()
    assert stranger.get(back).status_code == 403
    assert stranger.get("/app").get_data(as_text=True).count("session-token") == 0
    assert portal.client.get(back).status_code == 303, "the refusal above must not have spent the state"


@pytest.mark.parametrize(
    "change", [{"state": "x" * 43}, {"domain": "evil.example"}, {"member_id": "0" * 32}, {"code": "0" * 48}]
)
def test_a_callback_that_does_not_fit_begins_nothing(portal: Portal, change: dict[str, str]) -> None:
    portal.install()
    parts = urlsplit(portal.sign_in())
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | change
    answer = portal.client.get("/app", query_string=query)
    assert answer.status_code in (401, 403)
    assert "pinline=" not in str(answer.headers.getlist("Set-Cookie"))
    assert ancestors(answer.headers["Content-Security-Policy"]) == "'none'"


@pytest.mark.parametrize(
    "domain",
    ["nobody.example", "localhost", "localhost:1/path", "//evil.example", "evil.example/@x", "127.0.0.1"],
)
def test_a_sign_in_goes_to_installed_portals_only(portal: Portal, domain: str) -> None:
    portal.install()
    answer = portal.client.get("/login", query_string={"domain": domain})
    assert answer.status_code in (404, 422, 400)
    assert "Location" not in answer.headers


def test_a_session_is_renewed_for_its_own_operator_only(portal: Portal) -> None:
    portal.install()
    path, fields = portal.form()
    html = portal.client.post(path, data=fields).get_data(as_text=True)
    token = str(re.search(r'name="session-token" content="([^"]+)"', html)[1])  # type: ignore[index]
    host = portal.box.origin.removeprefix("http://")

    def renew(user_id: int, token: str, domain: str = host, **changed: str) -> int:
        fresh = portal.form(user_id)[1]
        body = {name: fresh[name] for name in ("AUTH_ID", "REFRESH_ID", "AUTH_EXPIRES", "member_id")}
        answer = portal.client.post(
            "/api/session", json={**body, "DOMAIN": domain, **changed}, headers={"X-B24-Session": token}
        )
        assert ("X-B24-Session" in answer.headers) is (answer.status_code == 204)
        return answer.status_code

    assert renew(31, token) == 401
    assert renew(27, "forged") == 401
    assert renew(27, token, AUTH_ID="f" * 70) == 401, "the page may come with fresher tokens"
    assert renew(27, token, "elsewhere.example") == 403
    assert renew(27, token, f"https://elsewhere.example/{host}") == 403
    assert renew(27, token, f"{host}@elsewhere.example") == 422
    assert renew(27, token) == 204
    assert renew(27, token, f"http://{host}") == 204
    assert renew(27, token, f"{host}/") == 204
    assert renew(27, token, f"HTTP://{host}/rest/") == 204
