"""A person at the keyboard and nothing else; after every key the focus must be somewhere and must be seen."""

from playwright.sync_api import Locator, expect

from tests.support.portal_page import PortalPage

PATIENCE = 40_000

# Where the focus is, or what is wrong with it. Headings take it for screen readers and need no ring.
_FOCUS = """() => {
    const node = document.activeElement;
    if (!document.hasFocus() || !node || node === document.body) return "nobody has the focus";
    const name = `${node.tagName.toLowerCase()}#${node.id}.${node.className}`;
    if (/^H\\d$/.test(node.tagName)) return "";
    const { width, height, bottom, top } = node.getBoundingClientRect();
    if (!width || !height || bottom < 0 || top > innerHeight) return `${name} is out of sight`;
    const ringed = (one) => {
        const style = one && getComputedStyle(one);
        const outline = style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
        return outline || (style && style.boxShadow !== "none");
    };
    const typing = node.matches("input, select") && getComputedStyle(node).borderStyle !== "none";
    return ringed(node) || ringed(node.nextElementSibling) || typing ? "" : `${name} shows no ring`;
}"""


class Keyboard:
    """The desk by keys alone."""

    def __init__(self, desk: PortalPage) -> None:
        self.desk = desk

    def lost(self) -> str:
        """What is wrong with the focus, or nothing."""
        return str(self.desk.document.evaluate(_FOCUS))

    def holds(self, when: str = "") -> None:
        """The focus is somewhere and can be seen."""
        wrong = self.lost()
        assert not wrong, f"{wrong} after {when}"

    def press(self, *keys: str) -> None:
        """Keys one after the other; the focus stays in sight."""
        for key in keys:
            self.desk.page.keyboard.press(key)
            self.holds(key)

    def type(self, text: str) -> None:
        """Letters into the field that has the focus."""
        self.desk.page.keyboard.type(text)

    def is_at(self, selector: str) -> bool:
        """Whether the focused element is one of these."""
        return bool(self.desk.document.evaluate("s => document.activeElement.matches(s)", selector))

    def current(self) -> int:
        """The chat whose row has the focus (itself or one of its controls); 0 for none."""
        row = "Number(document.activeElement.closest('.row')?.dataset.chatId ?? 0)"
        return int(self.desk.document.evaluate(row))

    def tab_to(self, selector: str, key: str = "Tab") -> Locator:
        """Go to an element with Tab (or Shift+Tab); at most sixty stops."""
        for _ in range(60):
            self.desk.page.keyboard.press(key)
            if not self.desk.document.evaluate("document.hasFocus()"):
                continue  # in the portal's own page around the frame
            self.holds(key)
            if self.is_at(selector):
                return self.desk.app.locator(selector).first
        raise AssertionError(f"{selector} is not reached with {key}")

    def to_list(self) -> int:
        """From the top of the page to the list's one stop; the chat it stands at."""
        self.tab_to(".row")
        return self.current()

    def walk_to(self, chat_id: int) -> None:
        """Along the list to this dialog."""
        self.press("Home")
        for _ in range(120):
            if self.current() == chat_id:
                return
            self.press("j")
        raise AssertionError(f"{chat_id} is not in the list")

    def command(self, words: str) -> None:
        """Something by its words, through the palette."""
        self.desk.page.keyboard.press("Control+k")
        expect(self.desk.app.locator(".palette input")).to_be_focused()
        self.type(words)
        self.desk.page.keyboard.press("Enter")
