"""The sandbox portal's page with the app in its frame, as a person works with it in a browser."""

from playwright.sync_api import Frame as BrowserFrame
from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.support.frame import Frame
from tests.support.stand import Sandbox


class PortalPage:
    """One browser tab at the portal; `app` is the document inside the frame."""

    def __init__(self, page: Page, sandbox: Sandbox) -> None:
        self.page = page
        self.sandbox = sandbox

    @property
    def app(self) -> FrameLocator:
        """The app's document."""
        return self.page.frame_locator("iframe.appframe")

    @property
    def document(self) -> BrowserFrame:
        """The frame itself, for scripts."""
        return next(frame for frame in self.page.frames if frame.url.startswith(self.sandbox.app_url))

    def install_over_http(self) -> None:
        """Install as an administrator without the browser."""
        assert Frame(self.sandbox, user_id=1).install().status == 200

    def visit(self, user_id: int = 27, query: str = "") -> None:
        """Load the portal's page as this person."""
        self.page.goto(f"{self.sandbox.url}/?user={user_id}{query}")

    def open(self, user_id: int = 27, query: str = "") -> None:
        """Load it and wait for the desk's rows."""
        self.visit(user_id, query)
        expect(self.app.locator(".row[data-chat-id]").first).to_be_visible()

    def row(self, chat_id: int) -> Locator:
        """One dialog's row."""
        return self.app.locator(f'#rows [data-chat-id="{chat_id}"]')

    def button(self, chat_id: int, action: str) -> Locator:
        """The switch of a row that carries out this action."""
        return self.row(chat_id).locator(f'[data-action="{action}"]')

    def choose(self, *chat_ids: int) -> Locator:
        """Pick rows; the docked bar."""
        for chat_id in chat_ids:
            self.row(chat_id).locator(".pick input").check(force=True)
        return self.app.locator("#dock")

    def chats(self, **wanted: object) -> list[int]:
        """The operator's own dialogs by what the portal knows, in work or answered, oldest id first."""
        return [
            chat_id
            for chat_id, row in sorted(self.sandbox.truth(27).items())
            if row["owner"] == 27
            and row["listed"]
            and 10 < row["status"] < 50
            and all(row[name] == value for name, value in wanted.items())
        ]

    def pinned(self) -> set[int]:
        """What the portal holds as pinned."""
        return {chat_id for chat_id, row in self.sandbox.truth(27).items() if row["pinned"]}

    def said(self) -> Locator:
        """The region that announces results."""
        return self.app.locator("#status")
