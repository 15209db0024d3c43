"""A visit of the desk in a browser: what happened there that no text may do, and which texts were shown."""

import re

from playwright.sync_api import BrowserContext, FrameLocator, Page
from playwright.sync_api import Frame as Document

from tests.security.payloads import ELSEWHERE, MARK
from tests.support.stand import Sandbox

RAN, MADE = "a script ran", "an element"
LEADS = re.compile(re.escape(ELSEWHERE), re.IGNORECASE)

# Our own forms and dialogs have a class, our own scripts the nonce of the first one.
FOREIGN = """() => [...document.querySelectorAll('*')]
  .filter(one => [...one.attributes].some(a => /^on/i.test(a.name)
      || (/^\\s*(javascript|data|vbscript):|evil\\.test/i.test(a.value)
        && /^(src|href|xlink:href|srcset|action|formaction|data|style|poster|ping)$/i.test(a.name)))
    || (/^(iframe|object|embed|base|video|audio|math|xss|dialog|noscript|style|form|img|picture)$/i
      .test(one.tagName) && !one.className)
    || one.httpEquiv
    || (/^script$/i.test(one.tagName) && (!one.nonce || one.nonce !== document.scripts[0].nonce)))
  .map(one => 'an element: ' + one.outerHTML.slice(0, 200))"""
# What people see or hear: not the data that the page starts from, nor what scripts note for themselves.
SHOWN = """() => [...document.querySelectorAll('body *')]
  .filter(one => !/^(script|template)$/i.test(one.tagName))
  .flatMap(one => [one.title, one.ariaLabel, ...[...one.childNodes].filter(n => n.nodeType === 3)
    .map(n => n.data)])
  .join('\\n')"""


class Look:
    """One visit of the desk: what happened there that must not, and the numbers of texts that were shown."""

    def __init__(self, browser: BrowserContext, portal: Sandbox) -> None:
        self.hits: list[str] = []
        self.shown: set[str] = set()
        self._portal = portal
        self.page: Page = browser.new_page()
        self.page.expose_function("__hit", lambda *text: self.hits.append(f"{RAN}: {text}"))
        self.page.on("dialog", lambda dialog: (self.hits.append("a dialog"), dialog.dismiss()))
        self.page.on("popup", lambda popup: self.hits.append("a window"))
        self.page.on("request", lambda request: self._requested(request.url))
        self.page.route(LEADS, lambda route: route.abort("aborted"))  # a page that it would replace stays
        self.page.goto(f"{portal.url}/?user=27")
        self.app: FrameLocator = self.page.frame_locator("iframe.appframe")

    def _requested(self, url: str) -> None:
        if LEADS.search(url):
            self.hits.append(url)

    @property
    def document(self) -> Document:
        """The app's own document."""
        return next(one for one in self.page.frames if one.url.startswith(self._portal.app_url))

    def note(self) -> None:
        """Take down what is there now."""
        self.hits += self.document.evaluate(FOREIGN)
        found = MARK.finditer(self.document.evaluate(SHOWN))
        self.shown.update(mark[1] or mark[2] for mark in found)

    def rows(self) -> list[str]:
        """Wait for the list; which rows are drawn."""
        row = self.app.locator(".row[data-chat-id]")
        row.first.wait_for()
        return [str(one.get_attribute("data-chat-id")) for one in row.all()]

    def panel(self, chat_id: str) -> None:
        """Hover over a row and open its panel."""
        row = self.app.locator(f".row[data-chat-id='{chat_id}']")
        row.hover()
        row.locator(".who").first.click()
        self.app.locator("#panel .talk > :not(.late)").first.wait_for()
        self.note()

    def menus(self) -> None:
        """Saved views without room, the journal, snapshots, the palette."""
        self.app.locator("#more-views").click()
        self.note()
        for name, there in (("Journal", ".journal .entry"), ("My desk: save, restore", ".desks .name")):
            self.app.locator("#more").click()
            self.app.get_by_role("menuitem", name=name).click()
            self.app.locator(there).first.wait_for()
            self.note()
            self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+k")
        self.app.locator(".palette input").fill("hit")
        self.note()
        self.page.keyboard.press("Escape")


def among(hits: list[str], kind: str) -> list[str]:
    """Those of one kind."""
    return [hit for hit in hits if hit.startswith(kind)]
