"""Requests to the portal by what an operator does, reuse of connections, and bytes on the wire."""

import gzip
import json
import re

from bench.figures import Figure
from tests.support.acting import give_back, own
from tests.support.frame import Frame
from tests.support.stand import RunningApp, Sandbox, Stand, http_pool

_BOOT = re.compile(r'(<script type="application/json" id="boot"[^>]*>).*?(</script>)', re.DOTALL)


def counted(name: str, goal: str, counts: dict[str, int]) -> Figure:
    """A count of requests against its goal, written the same way."""
    value = " + ".join(f"{counts[host]} {host}" for host in sorted(counts)) or "0"
    return Figure(name, value, goal, good=value == goal)


def requests(portal: Sandbox) -> list[Figure]:
    """What each thing costs at the portal."""
    Frame(portal, user_id=1).install()
    frame, figures = Frame(portal), []
    address, fields = frame.prepare("/app")
    with portal.counting() as counts:
        frame.token = frame.post_form(address, fields).token
    figures.append(counted("Requests, open", "1 oauth + 1 portal", counts))
    with portal.counting() as counts:
        frame.get("/api/dialogs")
    figures.append(counted("Requests, first list of the page", "0", counts))
    chats = own(frame, pinned=False)
    with portal.counting() as counts:
        frame.act("pin", chats[0])
    figures.append(counted("Requests, a click", "1 portal", counts))
    with portal.counting() as counts:
        frame.act("pin", *chats[1:11])
    figures.append(counted("Requests, ten dialogs at once", "1 portal", counts))
    with portal.counting() as counts:
        undo = frame.act("unpin_all").json()["undo"]
    figures.append(counted("Requests, unpin all", "1 portal", counts))
    with portal.counting() as counts:
        results = give_back(frame, undo)
    figures.append(Figure(f"Requests, undo of {len(results)}", f"{counts['portal']} portal"))
    return figures


def reuse(portal: Sandbox, clicks: int) -> Figure:
    """How many requests went over a connection that stood already."""
    portal.switch(limiter=False)
    frame = Frame(portal)
    frame.open()
    chat_id = own(frame)[0]
    portal.forget()
    for number in range(clicks):
        frame.act("pin" if number % 2 else "unpin", chat_id)
    records = portal.requests()
    fresh = len({record["connection"] for record in records})
    share = 100 * (len(records) - fresh) / len(records)
    name = f"Connections reused, {len(records)} requests"
    return Figure(name, f"{share:.0f} %", ">= 95 %", f"{fresh} opened", share >= 95)


def wire_bytes(address: str, **headers: str) -> int:
    """Bytes of an answer as it travels, compressed where the server does that."""
    asked = {"Accept-Encoding": "gzip", **headers}
    answer = http_pool().request("GET", address, headers=asked, preload_content=False)
    return len(answer.read(decode_content=False))


def sizes(frame: Frame) -> list[Figure]:
    """Bytes of the page's own parts, gzipped."""
    page = frame.open()
    boot = json.dumps({**page.boot, "listing": None}, ensure_ascii=False)
    shell = len(gzip.compress(_BOOT.sub(lambda found: found[1] + boot + found[2], page.text).encode(), 6))
    scripts = set(re.findall(r'<script[^>]* src="(/static/[^"]+)"', page.text))
    linked = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    styles = {name for name in linked if "tokens" not in name}
    script_bytes = sum(wire_bytes(frame.app_url + name) for name in scripts)
    style_bytes = sum(wire_bytes(frame.app_url + name) for name in styles)
    listing = wire_bytes(f"{frame.app_url}/api/dialogs", **{"X-B24-Session": str(frame.token)})

    def figure(name: str, value: int, limit: int) -> Figure:
        return Figure(name, f"{value / 1000:.1f} kB", f"<= {limit} kB", good=value <= limit * 1000)

    return [
        figure("JavaScript of the page, gzipped", script_bytes, 25),
        figure("CSS of the page, gzipped", style_bytes, 8),
        figure("Page without its list, gzipped", shell, 14),
        figure("List of 200 dialogs as JSON, gzipped", listing, 20),
    ]


def measure(stand: Stand, app: RunningApp, clicks: int) -> list[Figure]:
    """All of it."""
    figures = requests(stand.portal(app))
    portal = stand.portal(app)
    Frame(portal, user_id=1).install()
    figures.append(reuse(portal, clicks))
    many = stand.portal(app)
    many.reset("many", dialogs=200)
    Frame(many, user_id=1).install()
    return [*figures, *sizes(Frame(many))]
