"""A second seed of special cases: rows that portals hold seldom, which no client may stumble over.

Page im.recent.get; assumed where a comment says so. Each dialog is one case and the main operator's own.
"""

from sandbox import world as w
from sandbox.seed_people import MARIA, empty, says, start
from sandbox.text import stamp
from sandbox.world import Chat, User, World

BOT = 61


def oddities() -> World:
    """Every oddity once, and an ordinary dialog beside them."""
    world = empty()
    says(world, start(world, "Ordinary Client", 2, "livechat", minutes=12), "All is well", minutes=11)
    missing(world)
    more(world)
    names(world)
    return world


def missing(world: World) -> None:
    """A session whose row is gone; a history that was removed; a last author that is a bot."""
    chat = said(world, "Session Gone", "Is my case still known?")
    chat.odd = {"lines": {"id": 0, "status": 0, "date_create": stamp(chat.updated)}}
    start(world, "Erased History", 3, "telegrambot", minutes=22)
    world.users[BOT] = User(BOT, "Answering", "Bot", bot=True)
    chat = said(world, "Bot Last", "Do you open on Sundays?")
    world.say(chat, BOT, "I have passed that on.")


def more(world: World) -> None:
    """A file that is only true, keys of a newer portal, a chat that is muted, pictures."""
    said(world, "File True", "").odd = {"message": {"file": True}}
    said(world, "Unknown Keys", "From a portal of next year").odd = {
        "block": {"id": "b-1", "rows": [[1, 2], []]},
        "chat": {"ai": {"enabled": True}, "counter_v2": None},
        "message": {"block": [{"type": "text", "value": ["x"]}], "forward": {}},
        "lines": {"pinned": True, "silentMode": "Y"},  # assumed: names of the portal's newer methods
    }
    said(world, "Muted Client", "Psst").muted = {MARIA, 31}
    url = "https://cdn.example.com/avatars/1.png?sign=a%2Fb&until=1796000000"
    chat = said(world, "Avatar Client", "Do you like my picture?")
    chat.odd = {"avatar": {"url": url}, "chat": {"avatar": url}, "user": {"avatar": url, "avatar_hr": url}}


def names(world: World) -> None:
    """A connector whose chat ids hold pipes, and a dialog that somebody has renamed."""
    said(world, "Piped Client", "My messenger has odd ids", connector="acme_messenger").external = "a|7|b|0"
    said(world, "Renamed Client", "Call me as you like").title = "VIP, call back before noon"


def said(world: World, name: str, text: str, *, connector: str = "viber") -> Chat:
    """A dialog with one message of its client."""
    chat = start(world, name, 2, connector, minutes=30)
    says(world, chat, text, minutes=29, file=not text)
    assert chat.session is not None
    assert chat.session.status == w.CLIENT
    return chat
