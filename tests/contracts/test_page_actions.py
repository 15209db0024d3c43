"""Where the page names actions: a new one is carried through these places, and no place joins them unseen."""

import re
from pathlib import Path

import pytest

from app.openlines.actions import ACTIONS
from tests.support.catalogues import load

ROOT = Path(__file__).resolve().parents[2]
WORDS = load(ROOT / "app" / "translations")["en"]
SAID = ("desk.past.{}", "desk.not.{}", "desk.said.{}", "desk.entry.{}.one", "desk.entry.{}.many")

QUEUE = {"answer", "skip"}
OFF = {"unpin", "untop", "unsilence"}
WHOLE = {"pin_all", "unpin_all"}
PLACES = {
    "static/desk/state.js": {"silence"} | OFF | QUEUE,  # switches and what is for dialogs of the queue
    "static/desk/actions.js": QUEUE,  # what only they end in: passed on is gone, an answer opens the chat
    "static/desk/bulk.js": {"silence"} | OFF,  # the bar of a selection, and what asks first
    "static/desk/keys.js": QUEUE,
    "static/desk/main.js": {"answer"},  # the row's button
    "static/desk/panel.js": QUEUE,
    "static/desk/row.js": {"answer"},
    "static/desk/screen.js": {"unsilence"},  # the banner of a forgotten Silent
    "static/desk/extras/asks.js": {"pin_all", "unpin", "silence"} | QUEUE,  # previews; the list of keys
    "static/desk/extras/menus.js": {"unsilence"} | QUEUE,
    "static/desk/extras/palette.js": {"unpin", "unsilence"} | WHOLE | QUEUE,
    "static/desk/extras/practice.js": {"silence", "unsilence"},
    "static/desk/extras/shift.js": {"unpin", "unsilence"},
    "static/desk/extras/snapshots.js": {"untop"},
    "templates/_row.html": {"answer"},
    "templates/desk.html": {"unpin"} | WHOLE,
}
# Names of switches and icons as well, which say nothing of an action.
COMMON = {"pin", "top"}


def named_on_the_page(root: Path) -> dict[str, set[str]]:
    """The files of the page that name actions, and which: as a text, an attribute, or the key of a table."""
    names = "|".join(sorted(set(ACTIONS) - COMMON))
    place = re.compile(rf"""["'`=]({names})["'`\]]|\b({names})(?=: ["'`{{\[(])""")
    files = [*(root / "static" / "desk").rglob("*.js"), *(root / "templates").rglob("*.html")]
    found = {
        path.relative_to(root).as_posix(): {one[1] or one[2] for one in place.finditer(path.read_text())}
        for path in files
    }
    return {path: named for path, named in found.items() if named}


def test_the_page_names_actions_only_in_these_places() -> None:
    assert named_on_the_page(ROOT) == PLACES


@pytest.mark.parametrize(
    "line",
    [
        'if (action === "silence") ask();',
        'const KEYS = { skip: "N" };',
        'const LOOKS = { silence: ["silent", "red"] };',
        'if (on("[data-action=answer]")) act();',
        "start(`unpin_all`);",
    ],
)
def test_a_place_that_is_not_listed_is_found(tmp_path: Path, line: str) -> None:
    desk = tmp_path / "static" / "desk"
    desk.mkdir(parents=True)
    (desk / "fine.js").write_text('icon("pin"); const answer = await post(`/api/actions/${action}`);\n')
    assert named_on_the_page(tmp_path) == {}
    (desk / "planted.js").write_text(f"{line}\n")
    assert set(named_on_the_page(tmp_path)) == {"static/desk/planted.js"}


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_the_page_has_words_for_what_an_action_did(name: str) -> None:
    """A run of an operator action is told as the action that it consists of."""
    plain = ACTIONS[name].each or name
    assert [key for said in SAID if (key := said.format(plain)) not in WORDS] == []
    assert SAID[0].format(f"{plain}x") not in WORDS
