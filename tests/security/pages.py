"""Somebody else's web site: pages on order, and a note of what was fetched from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.serving import Says, serving


@dataclass
class Site:
    """Its pages by path. `near` is its address on the app's own site, another origin still."""

    url: str = ""
    near: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)

    def page(self, path: str, body: str, referrer: str = "origin") -> str:
        """Put up a page; its address comes back."""
        meta = f'<meta charset="utf-8"><meta name="referrer" content="{referrer}">'
        self.pages[path] = f"<!doctype html><html><head>{meta}</head><body>{body}</body></html>"
        return f"{self.url}{path}"


@contextmanager
def site() -> Iterator[Site]:
    """A site that serves, on a name of its own: another site to the app, another origin to the portal."""
    state = Site()

    class Handler(Says):
        def do_GET(self) -> None:
            state.visits.append(self.path)
            body = state.pages.get(self.path.partition("?")[0], "").encode()
            self.say(200 if body else 404, "text/html; charset=utf-8", body)

        do_POST = do_GET

    with serving(Handler) as server:
        state.url = f"http://evil.localhost:{server.server_port}"
        state.near = f"http://127.0.0.1:{server.server_port}"
        yield state
