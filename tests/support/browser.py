"""Debian's Chromium with a fresh profile; third-party cookies are blocked or allowed, proved by a probe."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Frame, Page, Playwright

from tests.support.missing import binary
from tests.support.serving import Says, serving

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"


def _preferences(profile: Path, blocked: bool) -> None:
    """Write the cookie setting before the first start; the browser's own dialog writes the same names."""
    chosen = {"cookie_controls_mode": 1 if blocked else 0, "block_third_party_cookies": blocked}
    folder = profile / "Default"
    folder.mkdir(parents=True)
    (folder / "Preferences").write_text(json.dumps({"profile": chosen}))


@contextmanager
def chromium(
    playwright: Playwright, profile: Path, *, cookies_blocked: bool, **more: Any
) -> Iterator[BrowserContext]:
    """A browser with a profile of its own; `more` goes to Playwright (viewport, color_scheme, locale)."""
    _preferences(profile, cookies_blocked)
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=str(binary("chromium", "Chromium")),
        headless=True,
        args=FLAGS,
        **more,
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


class _Probe(Says):
    """An outer page whose frame, on another site, sets a cookie and reads back what the browser sends."""

    def do_GET(self) -> None:
        port = self.server.server_address[1]
        pages = {
            "/outer": f'<title>outer</title><iframe src="http://127.0.0.1:{port}/set"></iframe>',
            "/set": "<script>fetch('/seen').then(r => r.text()).then(t => { document.title = t })</script>",
            "/seen": "seen" if "probe=1" in self.headers.get("Cookie", "") else "unseen",
        }
        body = pages.get(self.path, "").encode()
        cookie = {"Set_Cookie": "probe=1; SameSite=None; Secure; Path=/"} if self.path == "/set" else {}
        self.say(200 if body else 404, "text/html", body, **cookie)


def third_party_cookies_work(context: BrowserContext) -> bool:
    """Let a frame of another site set a cookie and look whether the browser gives it back."""
    with serving(_Probe) as server:
        page = context.new_page()
        page.goto(f"http://localhost:{server.server_port}/outer")
        frame = next(frame for frame in page.frames if "/set" in frame.url)
        frame.wait_for_function("document.title === 'seen' || document.title === 'unseen'")
        seen = frame.title() == "seen"
        page.close()
    return seen


class Complaints:
    """Everything that a page complains about: console errors, exceptions, violations of its own policy."""

    def __init__(self, context: BrowserContext) -> None:
        self.lines: list[str] = []
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("weberror", lambda error: self.lines.append(f"exception: {error.error}"))

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.lines.append(f"{kind}: {text}")


def axe(where: Page | Frame) -> list[str]:
    """Violations that axe finds in this page or frame, one line each, best practices included."""
    where.evaluate(AXE.read_text())
    found = where.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes'][:3]]}" for one in found]
