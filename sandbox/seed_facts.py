"""The minimum seed: one dialog for each rule that a client of the listing has to get right."""

from sandbox import access
from sandbox import world as w
from sandbox.seed_people import DAVID, MARIA, empty, says, start
from sandbox.world import Chat, World


def facts() -> World:
    """Every special case once, all concerning the main operator."""
    world = empty()
    states(world)
    sharing(world)
    damage(world)
    texts(world)
    return world


def states(world: World) -> None:
    """Statuses, pin, CRM, unread."""
    chat = start(world, "Maria Lopez", 2, "telegrambot", minutes=50)
    bind_crm(chat)
    says(world, chat, "Hello! Is the blue one in stock?", minutes=45)
    says(world, chat, "It is. Shall I reserve it?", minutes=40, by=MARIA)
    assert chat.session is not None
    chat.session.pause = True
    says(world, start(world, "John Smith", 3, "telegrambot", minutes=35), "Where is my parcel?", minutes=34)
    chat = start(world, "Ayşe Yılmaz", 5, "whatsappbytwilio", minutes=33)
    says(world, chat, "Do you ship to Izmir?", minutes=32)
    says(world, chat, "We do, in three days.", minutes=31, by=MARIA)
    says(world, chat, "Great", minutes=20)
    says(world, chat, "And how much is it?", minutes=19)
    chat = start(world, "Closing Client", 11, "facebook", minutes=90)
    says(world, chat, "Thank you, bye!", minutes=80)
    set_status(chat, w.WAIT_CLIENT)
    assert chat.session is not None
    chat.session.wait_action = True
    says(world, start(world, "Green Guest #17", 2, "livechat", 0, minutes=4), "Anybody here?", minutes=4)
    chat = start(world, "Blue Guest #3", 3, "livechat", 0, minutes=9)
    says(world, chat, "I was sent back to the queue", minutes=8)
    set_status(chat, w.SKIP)


def sharing(world: World) -> None:
    """A dialog of somebody else that the main operator has joined, and one moved to another line."""
    chat = start(world, "Joined Client", 2, "livechat", DAVID, minutes=60)
    says(world, chat, "I need a second opinion", minutes=55)
    access.attach(chat, MARIA)
    chat = start(world, "Moved Client", 2, "telegrambot", minutes=70)
    says(world, chat, "I was with the store before", minutes=65)
    chat.moved_line = 14
    assert chat.session is not None
    chat.session.line_id = 14


def damage(world: World) -> None:
    """Blocked replies, legacy and empty packed fields, an unknown connector, an odd name."""
    chat = start(world, "Reply Blocked", 5, "whatsappbyedna", minutes=1500)
    says(world, chat, "Is this still possible?", minutes=1490)
    chat.reply_block, chat.reply_reason = int(w.now().timestamp()) - 3000, "DEFAULT"
    chat = start(world, "Legacy Seven", 3, "skypebot", minutes=21)
    says(world, chat, "Old chats hold fewer fields", minutes=20)
    assert chat.session is not None
    chat.data_1 = f"N|NONE|0|N|N|{chat.session.id}|{int(chat.created.timestamp())}"
    chat = start(world, "Empty Data", 3, "telegrambot", minutes=22)
    says(world, chat, "Mine holds none", minutes=21)
    chat.data_1 = ""
    says(world, start(world, "Odd Connector", 2, "acme_messenger_42", minutes=23), "Hi from Acme", minutes=22)
    says(
        world, start(world, "Anna - Lena - Web", 2, "livechat", minutes=24), "My name has dashes", minutes=23
    )


def texts(world: World) -> None:
    """Last author an operator, the system, a file; BB codes and markup in the text."""
    chat = start(world, "Answered Client", 2, "viber", minutes=26)
    says(world, chat, "Can I return it?", minutes=25)
    says(world, chat, "Within 30 days, yes.", minutes=24, by=MARIA)
    chat = start(world, "System Last", 2, "viber", minutes=27)
    says(world, chat, "Hello?", minutes=26)
    world.say(chat, 0, "The conversation was assigned to Maria Jansen", chat.updated)
    chat = start(world, "File Last", 8, "fbinstagramdirect", minutes=28)
    says(world, chat, "", minutes=27, file=True)
    chat = start(world, "<script>alert(1)</script>", 2, "livechat", minutes=29)
    text = "[b]Bold[/b] [url=javascript:alert(1)]click[/url] <img src=x onerror=alert(2)>\nsecond line :)"
    says(world, chat, text, minutes=28)


def bind_crm(chat: Chat) -> None:
    """A lead and a contact."""
    chat.crm_type, chat.crm_id, chat.crm = "LEAD", 1209, {"LEAD": 1209, "CONTACT": 88}


def set_status(chat: Chat, status: int) -> None:
    """Put the session into a state that the rules alone would not reach here."""
    assert chat.session is not None
    chat.session.status = status
