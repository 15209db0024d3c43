"""The portal's page around a frame, in a browser, with a tiny page in the place of the app."""

import time
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from sandbox import running
from tests.support.browser import FLAGS
from tests.support.missing import binary
from tests.support.serving import Says, serving

PAGE = """<!doctype html><title>app</title>
<p id="state">waiting</p><script src="{origin}/bx24.js"></script>
<script>
const show = (text) => {{ document.getElementById("state").textContent = text; }};
window.runs = [];
BX24.install(() => window.runs.push("install"));
BX24.init(() => {{ window.runs.push("init"); show(location.pathname + " " + BX24.getLang()); }});
</script>"""


class App(Says):
    """A page that the portal opens; keeps the fields it was given."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.opened.append({name: values[0] for name, values in parse_qs(body).items()})
        page = PAGE.format(origin=self.server.portal).encode()
        self.say(200, "text/html", page)


@pytest.fixture
def app():
    with serving(App) as server:
        server.opened = []
        yield server


@pytest.fixture
def portal(app):
    with running.start(app_url=f"http://127.0.0.1:{app.server_port}") as sandbox:
        app.portal = sandbox.origin
        yield sandbox.portals[0]


@pytest.fixture(scope="module")
def chrome(playwright):
    path = str(binary("chromium", "Chromium"))
    chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture
def page(chrome):
    page = chrome.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(10_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    page.close()
    assert errors == []


def framed(page):
    return page.frame_locator("iframe.appframe").locator("#state")


def inside(page):
    return next(frame for frame in page.frames if "|" in frame.name)


def test_an_administrator_installs_and_the_app_opens(page, portal, app):
    page.goto(f"{portal.origin}/?user=1")
    page.get_by_role("button", name="Install Pinline").click()
    expect(framed(page)).to_have_text("/install en")
    assert inside(page).name == f"{portal.host}|0|{inside(page).name.rpartition('|')[2]}"
    assert inside(page).evaluate("window.runs") == ["install", "init"]
    inside(page).evaluate("BX24.installFinish()")
    expect(framed(page)).to_have_text("/app en")
    assert portal.app.installed is True
    assert app.opened[-1]["PLACEMENT_OPTIONS"] == '{"install_finished": "Y"}'
    assert inside(page).evaluate("window.runs") == ["init"]


def test_others_are_told_to_wait_for_the_administrator(page, portal, app):
    portal.app.added = True
    page.goto(f"{portal.origin}/?user=27")
    expect(page.get_by_role("heading", name="The application is not fully installed")).to_be_visible()
    assert app.opened == []


def test_the_library_talks_to_its_portal(page, portal):
    portal.app.added = portal.app.installed = True
    page.goto(f"{portal.origin}/?user=31&lang=de")
    expect(framed(page)).to_have_text("/app de")
    frame = inside(page)
    auth = frame.evaluate("new Promise((done) => BX24.refreshAuth(done))")
    assert portal.tokens.by_access[auth["access_token"]].user_id == 31
    assert auth["domain"] == portal.host
    name = "new Promise((done) => BX24.callMethod('profile', {}, (answer) => done(answer.data().NAME)))"
    assert frame.evaluate(name) == "David"
    size = frame.evaluate("new Promise((done) => BX24.fitWindow(done))")
    assert size["height"] >= 700
    assert frame.evaluate("BX24.isAdmin()") is False


def test_only_what_a_portal_answers_is_answered(page, portal):
    portal.app.added = portal.app.installed = True
    page.goto(f"{portal.origin}/?user=1")
    expect(framed(page)).to_have_text("/app en")
    replies = """(sid) => new Promise((done) => {
        const heard = [];
        addEventListener("message", (event) => {
            heard.push(event.data);
            if (event.data.startsWith("last:")) done(heard);
        });
        const say = (command, key, params = "{}") =>
            parent.postMessage([command, params, key, sid].join(":"), "*");
        for (const name of ["toString", "constructor", "dance", "placementBindEvent", "imOpenHistory"])
            say(name, "none-" + name);
        say("setInstallFinish", "none-finish");
        setTimeout(() => {
            say("closeApplication", "empty");
            say("setScroll", "echo", '{"scroll":1}');
        }, 500);
        setTimeout(() => say("setTitle", "last", '{"title":"End"}'), 1500);
    })"""
    heard = inside(page).evaluate(replies, inside(page).name.rpartition("|")[2])
    assert sorted(heard) == ["echo:" + '{"scroll":1}', "empty:", "last:" + '{"title":"End"}']
    assert "install_finished" not in page.url


def test_opening_a_chat_slides_the_messenger_over(page, portal):
    portal.app.added = portal.app.installed = True
    page.goto(f"{portal.origin}/?user=27")
    expect(framed(page)).to_have_text("/app en")
    chat = next(chat for chat in portal.world.chats.values() if chat.owner == 27)
    inside(page).evaluate(f"BX24.im.openMessenger('chat{chat.id}')")
    expect(page.get_by_role("dialog", name="Messenger").locator(".im-head b")).to_have_text(chat.title)
    assert [row["params"] for row in portal.frame_messages if row["command"] == "imOpenMessenger"] == [
        {"dialogId": f"chat{chat.id}"}
    ]
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Messenger")).to_be_hidden()


def test_messages_of_strangers_are_ignored(page, portal):
    portal.app.added = portal.app.installed = True
    page.goto(f"{portal.origin}/?user=27")
    expect(framed(page)).to_have_text("/app en")
    sid = inside(page).name.rpartition("|")[2]
    before = len(portal.frame_messages)
    page.evaluate(f"window.postMessage('reloadWindow::k:{sid}', '*')")
    inside(page).evaluate("parent.postMessage('imOpenMessenger:{}:k:' + 'f'.repeat(32), '*')")
    inside(page).evaluate(f"parent.postMessage({{method: 'imOpenMessenger', sid: '{sid}'}}, '*')")
    inside(page).evaluate("new Promise((done) => BX24.setTitle('Hello', done))")
    assert [row["command"] for row in portal.frame_messages][before:] == ["setTitle"]
    assert page.title() == "Hello"


def test_three_part_messages_work_too(page, portal):
    portal.app.added = portal.app.installed = True
    page.goto(f"{portal.origin}/?user=27")
    expect(framed(page)).to_have_text("/app en")
    sid = inside(page).name.rpartition("|")[2]
    answer = inside(page).evaluate(
        """(sid) => new Promise((done) => {
            addEventListener("message", (event) => event.data.startsWith("key7:") && done(event.data));
            parent.postMessage("getInitData:key7:" + sid, "*");
        })""",
        sid,
    )
    assert answer.startswith('key7:{"LANG":"en"') or '"AUTH_ID"' in answer


def test_the_sidebar_place_carries_the_chat(page, portal, app):
    portal.app.added = portal.app.installed = True
    handler = f"http://127.0.0.1:{app.server_port}/app"
    portal.app.placements.append({"placement": "IM_SIDEBAR", "handler": handler})
    chat = next(chat for chat in portal.world.chats.values() if chat.owner == 27)
    page.goto(f"{portal.origin}/?user=27&placement=IM_SIDEBAR&chat={chat.id}")
    expect(framed(page)).to_have_text("/app en")
    info = inside(page).evaluate("BX24.placement.info()")
    assert info == {"placement": "IM_SIDEBAR", "options": {"dialogId": f"chat{chat.id}", "URI": "/online/"}}
    expect(page.locator("#messenger .im-head b")).to_have_text(chat.title)


def test_the_control_panel_moves_the_portal(page, portal):
    page.goto(f"{portal.origin}/online/")
    page.get_by_role("button", name="Sandbox").click()
    before = len(portal.world.chats)
    page.get_by_role("button", name="New client").click()
    expect(page.get_by_role("button", name="New client")).to_have_class("flash")
    assert len(portal.world.chats) == before + 1
    page.get_by_label("Hidden mode").select_option("personal")
    until = time.monotonic() + 5
    while portal.switches["silent_scope"] != "personal" and time.monotonic() < until:
        page.wait_for_timeout(20)
    assert portal.switches["silent_scope"] == "personal"


def newest(portal, user_id):
    mine = [chat for chat in portal.world.chats.values() if chat.kind == "lines" and chat.owner == user_id]
    return max((chat for chat in mine if chat.session.status < 50), key=lambda chat: chat.id)


def test_the_newest_dialog_is_the_visitors(page, portal):
    page.goto(f"{portal.origin}/online/?user=31")
    page.get_by_role("button", name="Sandbox").click()
    theirs, marias = newest(portal, 31), newest(portal, 27)
    before = len(theirs.messages), len(marias.messages)
    page.get_by_role("button", name="Client writes").click()
    expect(page.get_by_role("button", name="Client writes")).to_have_class("flash")
    assert (len(theirs.messages), len(marias.messages)) == (before[0] + 1, before[1])


def test_a_control_that_fails_says_why(page, portal):
    page.goto(f"{portal.origin}/online/?user=45")
    page.get_by_role("button", name="Sandbox").click()
    page.get_by_role("button", name="Client writes").click()
    said = page.get_by_role("alert")
    expect(said).to_have_text("Nina Petrova has no open dialog: choose one, or another user.")
    page.get_by_role("button", name="New client").click()
    expect(said).to_be_hidden()


def test_faults_are_ordered_once_listed_and_removed_one_by_one(page, portal):
    page.goto(f"{portal.origin}/online/")
    page.get_by_role("button", name="Sandbox").click()
    page.get_by_role("button", name="Order", exact=True).click()
    orders = page.get_by_role("list", name="Ordered faults").get_by_role("listitem")
    expect(orders).to_have_text(["503 of portal, any method, 1 more time×"])
    page.locator("#fault-kind").select_option("lock_busy")
    page.locator("#fault-target").select_option("oauth")
    expect(page.locator("#fault-kind")).to_have_value("503")
    page.get_by_label("Times, empty: always").fill("")
    page.get_by_role("button", name="Order", exact=True).click()
    expect(orders).to_have_count(2)
    page.get_by_role("button", name="Remove 503 of portal").click()
    expect(orders).to_have_text(["503 of oauth, any method, always×"])
    assert [(fault.target, fault.times) for fault in portal.faults.orders] == [("oauth", None)]


def test_a_person_answers_and_writes_in_the_messenger(page, portal):
    chat = next(chat for chat in portal.world.chats.values() if 27 in chat.offered)
    page.goto(f"{portal.origin}/online/?user=27&IM_DIALOG=chat{chat.id}")
    page.get_by_role("button", name="Answer", exact=True).click()
    page.get_by_label("Message").fill("Hello, how can I help?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".im-msg.me")).to_contain_text("Hello, how can I help?")
    assert (chat.owner, chat.session.status) == (27, 40)


@pytest.mark.parametrize("width", [400, 650, 850, 1400])
@pytest.mark.parametrize("panel", ["0", "1"])
def test_the_frame_keeps_its_room_in_a_narrow_window(page, portal, width, panel):
    portal.app.added = portal.app.installed = True
    page.context.add_cookies([{"name": "sandbox_panel", "value": panel, "url": portal.origin}])
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{portal.origin}/?user=27")
    expect(page.locator("#panel-body")).to_be_visible(visible=panel == "1")
    box = page.locator("iframe.appframe").bounding_box()
    assert box["width"] >= 300
    assert box["height"] >= 300
    beyond = """() => [...document.querySelectorAll(".top > *, .panel-tab")]
        .filter((node) => node.getBoundingClientRect().right > innerWidth).map((node) => node.className)"""
    assert page.evaluate(beyond) == []
    page.add_style_tag(content=".search { min-width: 1600px; }")
    assert len(page.evaluate(beyond)) > 1
