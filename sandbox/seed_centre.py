"""A contact centre on a busy afternoon, and a crowd of any size for measurements."""

from datetime import timedelta
from random import Random

from sandbox import access
from sandbox import world as w
from sandbox.seed_people import ADMIN, DAVID, MARIA, NINA, empty, says, start
from sandbox.seed_phrases import PHRASES
from sandbox.seed_texts import CLIENTS, COLLEAGUE_CLIENTS, DIALOG_LINES, QUEUE, STAFF_CHATS
from sandbox.world import Chat, World

# Minutes since the client wrote where a reply window is to be closed, about to close, or closing soon.
LONG_AGO = {7: 1470.0, 15: 1426.0, 18: 1300.0}


def contact_centre() -> World:
    """About forty open dialogs of the main operator, a queue, colleagues' dialogs, ordinary chats."""
    world, random = empty(), Random(7)
    for number, (language, name, text) in enumerate(CLIENTS):
        own_dialog(world, random, number, name, text, language)
    for number, (language, name, text) in enumerate(QUEUE):
        line_id, connector = line_of(number, name)
        chat = start(world, name, line_id, connector, 0, minutes=3 + number * 2, language=language)
        says(world, chat, text, minutes=3 + number * 2)
    for language, name, text in COLLEAGUE_CLIENTS:
        minutes = random.randint(5, 200)
        chat = start(world, name, 3, "telegrambot", DAVID, minutes=minutes, language=language)
        says(world, chat, text, minutes=random.randint(1, 4))
    joined(world)
    ordinary(world)
    return world


def line_of(number: int, name: str) -> tuple[int, str]:
    """Line and connector of a dialog; only the live chat has nameless guests."""
    return DIALOG_LINES[0] if " Guest #" in name else DIALOG_LINES[number % len(DIALOG_LINES)]


def own_dialog(world: World, random: Random, number: int, name: str, text: str, language: str) -> Chat:
    """A dialog of the main operator in one of the usual states."""
    line_id, connector = line_of(number, name)
    age = LONG_AGO.get(number, 2 + number % 40 * 2.5 + random.random() * 2)
    chat = start(world, name, line_id, connector, minutes=age + 30, language=language)
    phrases = PHRASES[language]
    greeting, reply = random.choice(phrases.openings)
    says(world, chat, greeting, minutes=age + 25)
    if number % 5:
        says(world, chat, reply, minutes=age + 15, by=MARIA)
    says(world, chat, text, minutes=age + 5 if is_answered(number) else age)
    if is_answered(number):
        says(world, chat, phrases.answers[number % len(phrases.answers)], minutes=age, by=MARIA)
    elif number % 10 == 2:
        says(world, chat, phrases.follow_ups[number // 10 % len(phrases.follow_ups)], minutes=age / 2)
    decorate(chat, number)
    return chat


def is_answered(number: int) -> bool:
    """Three of five dialogs wait for the client."""
    return number % 5 not in (0, 2)


def decorate(chat: Chat, number: int) -> None:
    """Pins, CRM links, a silent one."""
    assert chat.session is not None
    chat.session.pause = number % 6 == 2
    if number % 4 == 0:
        chat.crm_type, chat.crm_id = "DEAL", 300 + number
        chat.crm = {"DEAL": 300 + number, "CONTACT": 80 + number}
    if number == 9:
        chat.silent = "Y"


def joined(world: World) -> None:
    """A colleague's dialog that the main operator helps with."""
    chat = start(world, "Hannah Weiss", 2, "livechat", DAVID, minutes=44)
    says(world, chat, "Could your supervisor look at this, please?", minutes=12)
    access.attach(chat, MARIA)


def ordinary(world: World) -> None:
    """Chats that are no open lines: a listing of dialogs must not show them."""
    circles = ({ADMIN, MARIA, DAVID}, {ADMIN, MARIA, NINA}, {MARIA, DAVID})
    for (title, text, minutes), members in zip(STAFF_CHATS, circles, strict=True):
        plain_chat(world, title, members, text, minutes)


def plain_chat(world: World, title: str, members: set[int], text: str, minutes: int) -> None:
    """A group chat, or a private one when it has no title, with one message."""
    chat_id, at = next(world.chat_ids), w.now() - timedelta(minutes=minutes)
    chat = Chat(chat_id, title, at, kind="chat" if title else "private", members=set(members))
    chat.recent = {user_id: w.Recent() for user_id in members}
    world.chats[chat_id] = chat
    world.say(chat, max(members), text, at)


def many(dialogs: int) -> World:
    """So many open dialogs of the main operator; the texts repeat."""
    world, random = empty(), Random(11)
    for number in range(dialogs):
        language, name, text = CLIENTS[number % len(CLIENTS)]
        chat = own_dialog(world, random, number, f"{name} {number + 1}", text, language)
        chat.silent = "N"
    return world
