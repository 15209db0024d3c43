"""Pages: every one gets its language, its nonce and the addresses of static files the same way."""

from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template

from app.bitrix24.trace import request_id
from app.web.frame import nonce
from app.web.i18n import direction
from app.web.language import language, say
from app.web.services import services


@dataclass(frozen=True, slots=True)
class State:
    """A page that is one message: words `page.<name>.title` and `.text`, and what a person can do."""

    name: str
    status: int = 200
    icon: str = "i-alert"
    tone: str = "warn"
    retry: bool = True
    login: bool = False


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Render a template in the language of this answer."""
    spoken = language()
    html = render_template(
        template,
        language=spoken,
        direction=direction(spoken),
        theme=values.pop("theme", "auto"),
        nonce=nonce(),
        asset=services().assets.url,
        t=say(),
        request_id=request_id.get(),
        b24_js_url=services().settings.js_url,
        **values,
    )
    return make_response(html, status)


def state_page(state: State, title: str | None = None, text: str | None = None) -> Response:
    """Say what happened and what to do, with the code that an administrator can look for in the log."""
    t = say()
    return page(
        "state.html",
        state.status,
        state=state,
        title=title or t(f"page.{state.name}.title"),
        text=text or t(f"page.{state.name}.text", code=request_id.get()),
    )
