"""Outside the portal's frame: the authorization-code flow, its state, the cookie that only loads the page."""

from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.support.frame import Frame, Reply
from tests.support.stand import Sandbox, http_pool


class Visitor:
    """A browser tab of its own: keeps the app's cookies, follows nothing by itself."""

    def __init__(self, portal: Sandbox) -> None:
        self.portal = portal
        self.cookies: dict[str, str] = {}
        self._http = http_pool()

    def get(self, address: str) -> Reply:
        """One GET; addresses without a host are the app's."""
        if address.startswith("/"):
            address = f"{self.portal.app_url}{address}"
        headers = {"Accept": "text/html"}
        if self.cookies and address.startswith(self.portal.app_url):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        reply = Reply(self._http.request("GET", address, headers=headers, redirect=False))
        for line in reply.headers.getlist("Set-Cookie") if address.startswith(self.portal.app_url) else []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0" or not morsel.value:
                    del self.cookies[name]
        return reply

    def agree(self, user_id: int = 27) -> str:
        """Go to /login and let the portal's person agree; the callback's address comes back."""
        domain = self.portal.host
        begun = self.get(f"/login?domain={domain}")
        assert begun.status == 303, begun.text
        target = begun.headers["Location"]
        assert target.startswith(f"{self.portal.url}/oauth/authorize")
        agreed = self.get(f"{target}&user={user_id}")
        assert agreed.status == 302, agreed.text
        return str(agreed.headers["Location"])

    def sign_in(self) -> Reply:
        """The whole way; the page at its end."""
        back = self.get(self.agree())
        assert back.status == 303, back.text
        return self.get(back.headers["Location"])


@pytest.fixture
def visitor(admin: Frame, portal: Sandbox) -> Visitor:
    return Visitor(portal)


def test_the_flow_ends_at_a_clean_address_with_a_working_page(visitor: Visitor) -> None:
    page = visitor.sign_in()
    assert page.status == 200
    assert page.policy["frame-ancestors"] == "'none'"
    assert page.boot["in_frame"] is False
    assert "Set-Cookie" not in page.headers
    frame = Frame(visitor.portal)
    frame.token = page.token
    assert len(frame.dialogs()) > 20


def test_the_address_that_people_see_holds_neither_code_nor_state(visitor: Visitor) -> None:
    back = visitor.get(visitor.agree())
    assert urlsplit(back.headers["Location"]).query == ""
    assert back.headers["Referrer-Policy"] == "no-referrer"


def test_the_cookie_is_first_party_and_for_loading_only(visitor: Visitor) -> None:
    back = visitor.get(visitor.agree())
    lines = [line.lower() for line in back.headers.getlist("Set-Cookie")]
    assert lines
    assert all("httponly" in line and "samesite=lax" in line for line in lines)
    jar = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    address = f"{visitor.portal.app_url}/api/actions/pin_all"
    assert http_pool().request("POST", address, json={}, headers={"Cookie": jar}).status == 401
    assert visitor.get("/app").token, "the page itself does load with it"


def test_a_state_is_consumed_once(visitor: Visitor) -> None:
    address = visitor.agree()
    kept = dict(visitor.cookies)
    assert visitor.get(address).status == 303
    again = Visitor(visitor.portal)
    again.cookies = kept
    replay = again.get(address)
    assert replay.status == 403
    assert replay.token is None


def test_a_state_is_good_only_in_the_browser_that_began(visitor: Visitor) -> None:
    address = visitor.agree()
    assert Visitor(visitor.portal).get(address).status == 403
    assert visitor.get(address).status == 303


def test_an_invented_state_is_refused(visitor: Visitor) -> None:
    address = visitor.agree()
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert visitor.get(address.replace(quote(state), "invented")).status == 403


def test_without_a_session_the_way_leads_to_the_sign_in(visitor: Visitor) -> None:
    reply = visitor.get("/app")
    assert reply.token is None
    assert 'id="boot"' not in reply.text
    assert "login" in reply.text or "login" in reply.headers.get("Location", "")


def test_only_portals_that_have_the_app_are_gone_to(portal: Sandbox) -> None:
    domain = portal.host
    for asked in (domain, "evil.example", "", "a b", "x" * 600, "evil.example/\r\nX: y"):
        reply = Visitor(portal).get(f"/login?domain={quote(asked)}")
        assert "Location" not in reply.headers
        assert reply.status in {200, 400, 404, 422}
        assert (reply.status == 200) is (asked == "")


def signed_in(visitor: Visitor) -> Frame:
    """A desk in a window of its own."""
    frame = Frame(visitor.portal)
    frame.token = visitor.sign_in().token
    assert frame.get("/api/journal").status == 200
    return frame


def test_who_signs_out_is_out_in_that_browser_only(visitor: Visitor) -> None:
    here, elsewhere = signed_in(visitor), signed_in(Visitor(visitor.portal))
    token, kept = here.token, dict(visitor.cookies)
    reply = here.request("DELETE", "/api/session")
    assert reply.status == 204
    gone = SimpleCookie(reply.headers["Set-Cookie"])["pinline"]
    assert (gone.value, gone["max-age"]) == ("", "0")
    here.token = token
    assert here.get("/api/journal").status == 401
    visitor.cookies = kept
    assert visitor.get("/app").token is None, "the cookie, were it kept"
    assert elsewhere.get("/api/journal").status == 200


def test_signing_out_everywhere_ends_all_of_ones_own_sessions(visitor: Visitor) -> None:
    here, elsewhere = signed_in(visitor), signed_in(Visitor(visitor.portal))
    inside, colleague = Frame(visitor.portal), Frame(visitor.portal, user_id=1)
    assert inside.open().status == colleague.open().status == 200
    assert here.request("DELETE", "/api/session?everywhere=1").status == 204
    assert {frame.get("/api/journal").status for frame in (here, elsewhere, inside)} == {401}
    assert colleague.get("/api/journal").status == 200
    assert inside.renew(visitor.portal.opening(27)[1]).status == 204, "inside the portal it goes on"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/session?everywhere=yes", {}, 422),
        ("/api/session?everywhere=1&everywhere=1", {}, 422),
        ("/api/session", {"Origin": "https://evil.example"}, 403),
        ("/api/session", {"X-B24-Session": "made-up"}, 401),
    ],
)
def test_an_odd_sign_out_ends_nothing(
    visitor: Visitor, path: str, headers: dict[str, str], status: int
) -> None:
    frame = signed_in(visitor)
    reply = frame.request("DELETE", path, **headers)
    assert (reply.status, "Set-Cookie" in reply.headers) == (status, False)
    assert frame.get("/api/journal").status == 200
