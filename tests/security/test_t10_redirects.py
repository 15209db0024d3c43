"""T10: addresses of ours that send a person to somebody else's site. We redirect to portals."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, urljoin, urlsplit

from app.portals.stores.installations import InstallationStore
from tests.security.local import LocalApp
from tests.security.trial import Trial
from tests.support.frame import Frame

THREAT = "T10"
WHAT = "redirects to other sites"
ATTEMPTS, PART = 200, 200

EVIL = "evil.example"


def places() -> list[str]:
    """Spellings of an address elsewhere."""
    plain = [
        EVIL,
        f"//{EVIL}",
        f"///{EVIL}",
        f"http://{EVIL}",
        f"https://{EVIL}/x",
        f"https:{EVIL}",
        f"https:/{EVIL}",
    ]
    slashes = [
        f"/\\{EVIL}",
        f"\\\\{EVIL}",
        f"/\t/{EVIL}",
        f"/%09/{EVIL}",
        f"/%2f{EVIL}",
        f"%2f%2f{EVIL}",
        f".{EVIL}",
    ]
    users = [
        f"localhost@{EVIL}",
        f"localhost:1@{EVIL}",
        f"localhost%40{EVIL}",
        f"localhost#@{EVIL}",
        f"{EVIL}#localhost",
    ]
    lines = [
        f"{EVIL}%0d%0aLocation:%20//{EVIL}",
        f"x\r\nLocation: http://{EVIL}",
        f"{EVIL}\x00",
        f" {EVIL}",
        f"{EVIL}%00",
    ]
    schemes = ["javascript:alert(1)", "data:text/html,x", "vbscript:x", f"ftp://{EVIL}", "file:///etc/passwd"]
    hosts = [
        f"{EVIL}:443",
        f"{EVIL}.",
        EVIL.upper(),
        "xn--vil-eva.example",
        "\u0435vil.example",
        f"{EVIL}/../localhost",
    ]
    ports = [
        f"localhost.{EVIL}",
        f"localhost:80.{EVIL}",
        "127.0.0.1",
        "[::1]",
        f"{EVIL}?localhost",
        f"localhost/{EVIL}",
    ]
    return [
        *plain,
        *slashes,
        *users,
        *lines,
        *schemes,
        *hosts,
        *ports,
        f"localhost\\.{EVIL}",
        f"{EVIL};localhost",
    ]


def addresses(victim: Frame) -> list[str]:
    """Every address that could redirect, with each of those in each of its parameters, and as the path."""
    found = []
    for place in places():
        text = quote(place, safe="")
        found += [
            f"/login?domain={text}",
            f"/login?domain={victim.sandbox.host}&next={text}&redirect_uri={text}&return={text}",
            f"/app?code=x&state=x&member_id=x&domain={text}&server_domain={text}",
            f"/app?next={text}&DOMAIN={text}",
            f"/{place.lstrip('/')}" if place.isprintable() and place.isascii() else f"/{text}",
            f"//{text}",
            f"/static/{text}",
        ]
    return found


def redirected(local: LocalApp, victim: Frame) -> Iterator[str]:
    """Follow none of them; look where they lead."""
    welcome = {urlsplit(local.url).netloc, victim.sandbox.host}
    for address in addresses(victim):
        for method, headers in (("GET", {}), ("GET", {"Host": EVIL, "X-Forwarded-Host": EVIL}), ("POST", {})):
            try:
                answer = victim._http.request(
                    method,
                    f"{local.url}{address}",
                    headers={"Accept": "text/html", **headers},
                    redirect=False,
                )
            except ValueError:
                break
            aim = answer.headers.get("Location")
            host = urlsplit(urljoin(f"{local.url}{address}", aim)).netloc if aim else ""
            elsewhere = (host and host not in welcome) or "Refresh" in answer.headers
            yield f"{method} {address} leads to {aim}" if elsewhere else ""


def test_redirects(trial: Trial, local: LocalApp, victim: Frame) -> None:
    assert len(set(places())) >= 38
    trial.attack(redirected(local, victim))
    begun = victim._http.request("GET", f"{local.url}/login?domain={victim.sandbox.host}", redirect=False)
    assert begun.status == 303, "a portal with the app is somewhere to go"
    known = local.services.portals.installations.find_at(victim.sandbox.host)
    assert known is not None

    def anywhere(_: InstallationStore, domain: str) -> object:
        return replace(known, domain=domain, client_endpoint=f"https://{domain}/rest/")

    with trial.without(InstallationStore, "find_at", anywhere):
        trial.control(redirected(local, victim))
    trial.verdict()
