"""T16: texts of clients, colleagues and portals that want to be scripts.

Every text of a list, of messages and of our own names carries a payload; the desk and its panel are looked
at in a real browser. A hit is a script that ran, an element that a text made, or a request to another site.
"""

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page

from app.desk.listing import asking
from app.openlines import messages, rows
from app.web import desk as desk_view
from app.web import frame as headers
from tests.security.local import LocalApp
from tests.security.trial import Trial, size
from tests.support.frame import Frame
from tests.support.stand import Sandbox

THREAT = "T16"
WHAT = "texts that want to be scripts"
ATTEMPTS, PART = 2_000, 250

ROWS = size(60, 30)
FIELDS = 9  # texts of one row, with those of its message in the panel
GOAL = "__hit()"
ELSEWHERE = "evil.test"

CORE = [
    "<script>{x}</script>",
    "</script><script>{x}</script>",
    "<!--<script>{x}</script>-->",
    "<img src=x onerror={x}>",
    "<img src=//{e}/p.png>",
    "<svg onload={x}>",
    "<svg><script>{x}</script></svg>",
    "<iframe srcdoc='<script>parent.{x}</script>'></iframe>",
    "<iframe src=javascript:parent.{x}></iframe>",
    "<body onload={x}>",
    "<details open ontoggle={x}>",
    "<input autofocus onfocus={x}>",
    "<video><source onerror={x}></video>",
    "<a href=javascript:{x} id=clickme>x</a>",
    "<math><mtext></table><img src=x onerror={x}>",
    "<style>@import '//{e}/c.css';</style>",
    "<link rel=stylesheet href=//{e}/c.css>",
    "<meta http-equiv=refresh content='0;url=//{e}/'>",
    "<base href=//{e}/>",
    "<form action=//{e}/ id=f></form><script>f.submit()</script>",
    "<object data=//{e}/></object>",
    "<embed src=//{e}/>",
    '" onmouseover={x} x="',
    "' onmouseover={x} x='",
    '"><script>{x}</script>',
    "'><img src=x onerror={x}>",
    "` onerror={x} `",
    "${{{x}}}",
    "{{{{constructor.constructor('{x}')()}}}}",
    "javascript:{x}",
    "data:text/html,<script>{x}</script>",
    "\\u003cscript\\u003e{x}\\u003c/script\\u003e",
    "&lt;script&gt;{x}&lt;/script&gt;",
    "&#60;img src=x onerror={x}&#62;",
    "%3Cscript%3E{x}%3C/script%3E",
    "\u2028{x}\u2029",
    "</title><script>{x}</script>",
    "</textarea><script>{x}</script>",
    "</template><img src=x onerror={x}>",
    "<noscript><p title='</noscript><img src=x onerror={x}>'>",
    "[url=javascript:{x}]x[/url]",
    "[url]javascript:{x}[/url]",
    "[url=data:text/html,<script>{x}</script>]x[/url]",
    "[img]//{e}/p.png[/img]",
    '[url=https://{e}" onmouseover={x}]x[/url]',
    "[b onmouseover={x}]x[/b]",
    "[icon=//{e}/p.png]",
    "[user=1 onclick={x}]x[/user]",
    "[b]<img src=x onerror={x}>[/b]",
    "__proto__",
    "constructor",
    "\ufeff<script>{x}</script>",
    "<scr\x00ipt>{x}</scr\x00ipt>",
    "<ſcript>{x}</ſcript>",
    "＜script＞{x}＜/script＞",
    "<xss id=x tabindex=1 onfocus={x}>",
    "<button popovertarget=p>x</button><div popover id=p onbeforetoggle={x}>",
    "<dialog open onclose={x}>",
    "<img srcset='//{e}/p.png 1x'>",
    "<picture><source srcset=//{e}/p.png><img></picture>",
]


def payload(number: int) -> str:
    """One of them, each time a little different."""
    text = CORE[number % len(CORE)].format(x=GOAL, e=ELSEWHERE)
    return [text, text.upper() if "[" not in text else text, f"Hello {text} there", text * 2][
        number // len(CORE) % 4
    ]


class Hostile:
    """A portal whose every text is a payload; `start` moves on from pass to pass."""

    def __init__(self) -> None:
        self.start = 0
        self._split = rows.split_rows

    def split_rows(self, raw: Any) -> list[msgspec.Raw]:
        """The rows as they came, with other texts."""
        found = [msgspec.json.decode(row) for row in self._split(raw)]
        for index, row in enumerate(found):
            if isinstance(row, dict) and isinstance(row.get("chat"), dict):
                self._poison(row, row["chat"], self.start + index * FIELDS)
        return [msgspec.Raw(msgspec.json.encode(row)) for row in found]

    def _poison(self, row: dict[str, Any], chat: dict[str, Any], at: int) -> None:
        row["title"], chat["name"] = payload(at), payload(at + 1)
        for part, field, number in (("message", "text", 2), ("user", "name", 3)):
            if isinstance(row.get(part), dict):
                row[part][field] = payload(at + number)
        parts = str(chat.get("entity_id") or "|||").split("|")
        chat["entity_id"] = "|".join([payload(at + 4).replace("|", ""), *parts[1:]])
        packed = str(chat.get("entity_data_1") or "").split("|")
        if len(packed) > 9:
            chat["entity_data_1"] = "|".join([*packed[:9], payload(at + 5).replace("|", "")])

    def read_lines(self, raw: Any) -> dict[int, str]:
        """Names of lines."""
        return {number: payload(self.start + 6 + number) for number in range(1, 20)}

    def plain(self, text: Any) -> str:
        """Texts of messages."""
        self.start += 1
        return payload(self.start + 7)


def watched(page: Page) -> list[str]:
    """Whatever happens on the page that must not."""
    hits: list[str] = []
    page.expose_function("__hit", lambda *_: hits.append("a script ran"))
    page.on("dialog", lambda dialog: (hits.append("a dialog"), dialog.dismiss()))
    page.on("request", lambda request: hits.append(request.url) if ELSEWHERE in request.url else None)
    page.on("popup", lambda popup: hits.append("a window"))
    return hits


MADE = """() => [...document.querySelectorAll('*')]
  .filter(one => [...one.attributes].some(a => /^on/i.test(a.name) || /javascript:|evil\\.test/i.test(a.value)
      && /^(src|href|srcset|action|data|style|http-equiv)$/i.test(a.name))
    || /^(iframe|object|embed|base|video|math|xss|dialog|noscript|style|form)$/i.test(one.tagName)
    || (one.tagName === 'IMG'))
  .map(one => one.outerHTML.slice(0, 200))"""


def looked_at(page: Page, portal: Sandbox, hits: list[str]) -> str:
    """Open the desk, hover over rows, open the panel of some, type into the search."""
    page.goto(f"{portal.url}/?user=27")
    app = page.frame_locator("iframe.appframe")
    app.locator(".row[data-chat-id]").first.wait_for()
    document = next(one for one in page.frames if one.url.startswith(portal.app_url))
    drawn = app.locator(".row[data-chat-id]").count()
    for index in range(min(drawn, size(12, 3))):
        row = app.locator(".row[data-chat-id]").nth(index)
        row.hover()
        row.locator(".who").first.click()
        app.locator("#panel .talk > *").first.wait_for()
        hits += document.evaluate(MADE)
    assert document.evaluate("document.body.innerText.includes('__hit')"), "payloads are on the page"
    app.locator("#search").fill(payload(3))
    page.wait_for_timeout(300)
    hits += document.evaluate(MADE)
    return f"{drawn}"


def passes(portal: Sandbox, browser: BrowserContext, hostile: Hostile, count: int) -> Iterator[str]:
    """So many looks, each at other payloads; one outcome for each text that was shown."""
    for number in range(count):
        hostile.start = number * ROWS * FIELDS
        page = browser.new_page()
        hits = watched(page)
        frame = Frame(portal)
        assert frame.open().token
        drawn = int(looked_at(page, portal, hits))
        page.close()
        yield from hits
        yield from [""] * (drawn * FIELDS)


@pytest.mark.timeout(900)
def test_scripts(
    trial: Trial, local: LocalApp, browser: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = local.portal("many")
    portal.reset("many", dialogs=ROWS)
    assert Frame(portal, user_id=1).install().status == 200
    portal.switch(limiter=False)
    hostile = Hostile()
    monkeypatch.setattr(rows, "split_rows", hostile.split_rows)
    monkeypatch.setattr(asking, "read_lines", hostile.read_lines)
    monkeypatch.setattr(messages, "plain", hostile.plain)
    trial.attack(passes(portal, browser, hostile, size(4, 1)))
    with (
        trial.without(desk_view, "_UNSAFE", {}),
        trial.without(headers, "_policy", lambda origin: "default-src * 'unsafe-inline' 'unsafe-eval'"),
    ):
        trial.control(passes_without_guard(portal, browser, hostile))
    trial.verdict()


def passes_without_guard(portal: Sandbox, browser: BrowserContext, hostile: Hostile) -> Iterator[str]:
    """One look at a page whose data are not escaped and which has no policy."""
    hostile.start = 0
    assert Frame(portal).open().token
    page = browser.new_page()
    hits = watched(page)
    page.goto(f"{portal.url}/?user=27")
    until = time.monotonic() + 10
    while not hits and time.monotonic() < until:
        page.wait_for_timeout(50)
    page.wait_for_timeout(size(2000, 0))
    page.close()
    yield from hits
