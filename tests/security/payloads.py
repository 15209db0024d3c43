"""Texts that want to be scripts, and a portal that has no others.

Each text has a number of its own: by it a script says that it ran, and the text is found again on the page.
"""

import itertools
import re
from typing import Any

import msgspec

from app.desk.listing import asking
from app.desk.service import read_messages
from app.openlines import rows
from app.openlines.model import Dialog, Message
from app.portals.profile import Profile, read_profile

ELSEWHERE = "evil.test"
MARK = re.compile(rf"__hit\((\d+)\)|(?i:{re.escape(ELSEWHERE)})/(\d+)")
"""The number of a text that is found."""

MESSAGES = 20
"""As many as the panel asks for."""

_CALL = re.compile(r"(?:parent\.)?__hit\(\d+\)", re.IGNORECASE)

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
    """One of them, each time a little different; two of them have to be bare and say no number."""
    text = CORE[number % len(CORE)].format(x=f"__hit({number})", e=f"{ELSEWHERE}/{number}")
    return [text, loud(text), f"Hello {text} there", text * 2][number // len(CORE) % 4]


def loud(text: str) -> str:
    """In capitals, all but the call: a script knows its functions by their letters."""
    return _CALL.sub(lambda call: call[0].lower(), text.upper())


class Hostile:
    """A portal whose every text is a payload: the same one at the same place until the next `round`.

    It stands where the app reads what portals say, so that all of the app's own reading is tried.
    """

    def __init__(self) -> None:
        self.round = 0
        self.kinds: dict[str, object] = {}
        """What each number is the text of."""
        self._numbers = itertools.count()
        self._texts: dict[tuple[object, ...], str] = {}
        self._split, self._lines = rows.split_rows, asking.read_lines

    def text(self, *place: object, most: int = 255) -> str:
        """The text of a place, of so many characters at most."""
        known = (self.round, *place)
        if known not in self._texts:
            number, text = next(
                (number, text) for number in self._numbers if len(text := payload(number)) <= most
            )
            self.kinds[str(number)], self._texts[known] = place[0], text
        return self._texts[known]

    def name(self, *place: object) -> str:
        """A name that somebody gives to something of ours."""
        return self.text(*place, most=60).replace("\0", " ")

    def split_rows(self, raw: Any) -> list[msgspec.Raw]:
        """The rows as they came, with other texts."""
        found = [msgspec.json.decode(row) for row in self._split(raw)]
        for row in found:
            if isinstance(row, dict) and isinstance(row.get("chat"), dict):
                self._poison(row, row["chat"])
        return [msgspec.Raw(msgspec.json.encode(row)) for row in found]

    def _poison(self, row: dict[str, Any], chat: dict[str, Any]) -> None:
        """Half of the dialogs have no title, so that the chat's name is shown."""
        chat_id = chat["id"]
        row["title"] = self.text("title", chat_id) if chat_id % 2 else ""
        chat["name"] = self.text("name", chat_id)
        if isinstance(row.get("message"), dict):
            row["message"]["text"] = self.text("last", chat_id)
        if isinstance(row.get("user"), dict):
            row["user"]["name"] = self.text("author", row["user"].get("id"))
        _, *others = str(chat.get("entity_id") or "|||").split("|")
        chat["entity_id"] = "|".join([self.text("connector", chat_id, most=200).replace("|", ""), *others])

    def read_lines(self, raw: Any) -> dict[int, str]:
        """Names of lines."""
        return {number: self.text("line", number) for number in self._lines(raw)}

    def read_messages(self, raw: Any, dialog: Dialog, my_id: int) -> list[Message]:
        """As many messages as there can be, and who wrote them."""
        told = msgspec.json.decode(raw)
        for user in told["users"]:
            user["name"] = self.text("author", user["id"])
        said = list(itertools.islice(itertools.cycle(told["messages"]), MESSAGES))
        told["messages"] = [
            {**one, "id": at, "text": self.text("message", dialog.chat_id, at)} for at, one in enumerate(said)
        ]
        return read_messages(msgspec.json.encode(told), dialog, my_id)

    def read_profile(self, raw: Any) -> Profile | None:
        """What the portal calls whoever opens the desk."""
        told = msgspec.json.decode(raw)
        return read_profile(msgspec.json.encode({**told, "NAME": self.text("profile", told["ID"], most=120)}))
