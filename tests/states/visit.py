"""One person's visit at the sandbox portal, for a picture or a check: any language, only the app on screen.

A state of the page is a function that takes a fresh visit to it; it may rely on no language and no width.
"""

import re
import sqlite3
from collections.abc import Callable

from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import Locator, Page, expect

from tests.support.frame import Frame
from tests.support.portal_page import PortalPage
from tests.support.stand import RunningApp, Sandbox

PATIENCE = 40_000
PIN = "imopenlines.session.mode.pin"
# What the page does when it opens, and the desk whenever the system's scheme changes.
_FOLLOW = """() => {
    const { classList, dataset } = document.documentElement;
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    if (dataset.theme === "auto") classList.toggle("dark", dark), classList.toggle("light", !dark);
}"""
_NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Visit(PortalPage):
    """A tab at a portal where the app is installed; `lang` is the portal's code of the language."""

    def __init__(self, page: Page, sandbox: Sandbox, running: RunningApp, lang: str = "en") -> None:
        super().__init__(page, sandbox)
        self.running = running
        self.lang = lang

    def begin(self, seed: str = "", **more: object) -> None:
        """Install, in another world if wanted; the operator has been greeted before."""
        if seed:
            self.sandbox.reset(seed, **more)
        self.install_over_http()
        person = self.person()
        version = person.open().boot["version"]
        assert person.request("PUT", "/api/preferences", {"whats_new": version}).status < 300

    def person(self, user_id: int = 27) -> Frame:
        """The same operator at another screen, over HTTP."""
        return Frame(self.sandbox, user_id)

    def visit(self, user_id: int = 27, query: str = "") -> None:
        """Load the app in this visit's language without the portal's own menus."""
        super().visit(user_id, f"&bare=1&lang={self.lang}{query}")

    @property
    def document(self) -> BrowserFrame:
        """The app's document: in its frame, or the whole tab outside the portal."""
        return next(one for one in self.page.frames if one.url.startswith(self.sandbox.app_url))

    def at(self, selector: str) -> Locator:
        """The first that is on screen."""
        return self.app.locator(selector).filter(visible=True).first

    def word(self, key: str) -> str:
        """One of the page's words."""
        words = self.document.evaluate("JSON.parse(document.getElementById('boot').textContent).words")
        return str(words[key])

    def wear(self, theme: str) -> None:
        """Light, dark, or the forced colours of a system, on what is open as well."""
        dress(self.page, theme)
        self.document.evaluate(_FOLLOW)
        self.document.evaluate(_NEXT_FRAME)

    def press(self, chat_id: int, *keys: str) -> None:
        """Keys in the list, with the focus on this row."""
        self.row(chat_id).focus()
        for key in keys:
            self.page.keyboard.press(key)

    def look(self, chat_id: int) -> None:
        """Open a dialog's panel and wait for its messages."""
        self.row(chat_id).locator(".line1").click()
        expect(self.row(chat_id)).to_have_class(re.compile(r"\bopen\b"))
        self.shown("#panel .bubble")

    def click(self, selector: str) -> None:
        """A button by the keyboard, so that no width hides it behind something."""
        self.at(selector).press("Enter")

    def command(self, key: str) -> None:
        """Something of the palette, by its words."""
        self.app.locator("#more").focus()
        self.page.keyboard.press("Control+k")
        self.app.locator(".palette input").fill(self.word(key))
        self.page.keyboard.press("Enter")

    def refresh(self) -> None:
        """Ask for the list now."""
        self.document.evaluate("document.getElementById('fresh').click()")

    def refresh_until(self, selector: str) -> None:
        """Ask for the list until it shows this: one that is a few seconds old would be answered as it is."""
        for _ in range(30):
            self.refresh()
            self.page.wait_for_timeout(1000)
            if self.at(selector).count():
                return
        self.shown(selector)

    def forget_sessions(self) -> None:
        """Let the app forget who is signed in."""
        with sqlite3.connect(self.running.database, timeout=10) as database:
            database.execute("DELETE FROM browser_sessions")
        database.close()

    def post(self, path: str, fields: dict[str, str]) -> None:
        """Open an address of the app as the portal's hidden form does, in the whole tab."""
        self.page.goto(f"{self.sandbox.url}/online/")
        self.page.evaluate(
            """([action, fields]) => {
                const form = Object.assign(document.createElement("form"), {method: "post", action});
                for (const [name, value] of Object.entries(fields)) {
                    form.append(Object.assign(document.createElement("input"), {name, value}));
                }
                document.body.append(form);
                form.submit();
            }""",
            [path, fields],
        )
        self.page.wait_for_url(f"{self.sandbox.app_url}/**")

    def shown(self, selector: str) -> None:
        """Wait until this can be seen."""
        expect(self.at(selector)).to_be_visible(timeout=PATIENCE)


def dress(page: Page, theme: str) -> None:
    """What the browser tells pages of the system: `light`, `dark` or `forced`; nothing moves."""
    page.emulate_media(
        color_scheme="dark" if theme == "dark" else "light",
        forced_colors="active" if theme == "forced" else "none",
        reduced_motion="reduce",
    )


def offered(visit: Visit) -> int:
    """A dialog of the queue."""
    return next(chat_id for chat_id, row in sorted(visit.sandbox.truth(27).items()) if row["offered"])


State = Callable[[Visit], None]


def name_of(state: State) -> str:
    """A state's name as files and tests use it."""
    return str(state.__name__).strip("_").replace("_", "-")
