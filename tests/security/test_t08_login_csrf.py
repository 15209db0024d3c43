"""T8: the attacker's own valid keys, posted from the attacker's page in a victim's browser.

Whoever works in the attacker's portal without knowing it hands over what is typed there. A browser says
where a form comes from and where its answer goes; the app renders only what the portal's own page asked for.
"""

import itertools
from collections.abc import Iterator

from app.web import launch
from tests.security.local import LocalApp
from tests.security.trial import Trial
from tests.support.frame import Frame

THREAT = "T8"
WHAT = "the attacker's own keys from another page"
ATTEMPTS, PART = 40, 40


def headers_of_another_page(victim: Frame) -> list[dict[str, str]]:
    """What browsers send when a page of the attacker's posts the form."""
    port = victim.sandbox.host.rpartition(":")[2]
    origins = [
        "https://evil.example",
        "http://evil.example",
        f"http://localhost.evil.example:{port}",
        f"http://evil.localhost:{port}",
        "http://localhost",
        f"https://localhost:{port}",
        f"http://localhost:{int(port) + 1}",
        f"http://localhost:{port}.evil.example",
        f"http://localhost:{port}/",
        f"http://localhost:{port}, https://evil.example",
        f" http://evil@localhost:{port}",
        f"http://127.0.0.1:{port}",
        "file://",
        "chrome-extension://abcdef",
        victim.app_url,
        "",
    ]
    found = [{"Origin": origin} for origin in origins]
    # A page can make its browser withhold the origin, but not where the answer will be shown.
    hidden = itertools.product(({"Origin": "null"}, {}), ("document", "embed", "object", "frame", "empty"))
    found += [{**origin, "Sec-Fetch-Dest": shown, "Sec-Fetch-Site": "cross-site"} for origin, shown in hidden]
    return found


def opened(attacker: Frame) -> Iterator[str]:
    """The attacker's own opening with each set of headers, on both addresses."""
    for path, headers in itertools.product(("/app", "/install"), headers_of_another_page(attacker)):
        address, fields = attacker.prepare(path)
        given = {"Accept": "text/html", **headers}
        answer = attacker._http.request(
            "POST", address, fields=fields, encode_multipart=False, redirect=False, headers=given
        )
        yield f"{path} with {headers}" if answer.status < 400 or b'id="boot"' in answer.data else ""


def test_login_csrf(trial: Trial, local: LocalApp) -> None:
    portal = local.portal()
    assert Frame(portal, user_id=1).install().status == 200
    attacker = Frame(portal, user_id=1)
    trial.attack(opened(attacker))
    for headers in ({"Sec-Fetch-Dest": "iframe"}, {"Origin": "null", "Sec-Fetch-Dest": "iframe"}):
        address, fields = attacker.prepare("/app")
        assert attacker.post_form(address, fields, **headers).token, "the portal's own frame is served"
    address, fields = attacker.prepare("/app")
    assert attacker.post_form(address, fields, **{"Sec-Fetch-Dest": "document"}).token, "its own window too"
    with trial.without(launch, "refuse_odd_opener", lambda _: None):
        trial.control(opened(attacker))
    trial.verdict()
