"""Makes dialogs move by themselves while the switch `life` is on."""

import threading
import time
from collections.abc import Sequence
from random import Random

from sandbox import access, lines, queues
from sandbox.portal import Portal
from sandbox.seed_phrases import PHRASES
from sandbox.seed_texts import GUEST_QUESTIONS, NEWCOMERS
from sandbox.world import Chat, World

_TICK = 0.25
_QUEUE_LIMIT = 8


def start(portals: Sequence[Portal], stopping: threading.Event) -> None:
    """Start the clockwork of all portals: one thread, because most of them stand still."""
    threading.Thread(target=run, args=(portals, stopping, Random(3)), daemon=True).start()


def run(portals: Sequence[Portal], stopping: threading.Event, random: Random) -> None:
    """Until the sandbox stops."""
    due: dict[int, float] = {}
    while not stopping.wait(_TICK):
        for portal in portals:
            if portal.switches["life"] and time.monotonic() >= due.get(portal.number, 0.0):
                pause = float(portal.switches["life_seconds"]) * random.uniform(0.5, 1.5)
                due[portal.number] = time.monotonic() + pause
                with portal.lock:
                    step(portal, random)


def step(portal: Portal, random: Random) -> None:
    """One happening: mostly a client's message, now and then a new client or a colleague's reply."""
    world, dice = portal.world, random.random()
    dialogs = [chat for chat in world.chats.values() if chat.kind == "lines" and access.is_open(chat.session)]
    answered = [chat for chat in dialogs if chat.owner]
    if dice < 0.15 or not answered:
        waiting = [chat for chat in dialogs if chat.offered]
        if len(waiting) < _QUEUE_LIMIT:
            arrive(world, random)
        else:
            take(world, waiting)
        return
    chat = random.choice(answered)
    phrases = PHRASES[world.users[chat.client_id].language]
    if dice < 0.3 and chat.owner != world.main_user:
        lines.operator_message(world, chat, chat.owner, unsaid(chat, chat.owner, phrases.answers, random))
    else:
        lines.client_message(world, chat, unsaid(chat, chat.client_id, phrases.chatter, random))


def unsaid(chat: Chat, author_id: int, texts: tuple[str, ...], random: Random) -> str:
    """A text that is not the author's last one."""
    last = next((m.text for m in reversed(chat.messages) if m.author_id == author_id), "")
    return random.choice([text for text in texts if text != last])


def arrive(world: World, random: Random) -> None:
    """Somebody writes who is not here yet: a known name once, then guests of the live chat."""
    present = {user.full_name for user in world.users.values()}
    unknown = [person for person in NEWCOMERS if person[1] not in present]
    if unknown:
        language, name, text = random.choice(unknown)
        queues.queue_dialog(world, random.choice(sorted(world.lines)), name, text, language=language)
        return
    live = [line.id for line in world.lines.values() if "livechat" in line.connectors]
    number = next(n for n in range(18, len(present) + 19) if f"Green Guest #{n}" not in present)
    text = GUEST_QUESTIONS[number % len(GUEST_QUESTIONS)]
    queues.queue_dialog(world, live[0], f"Green Guest #{number}", text, "livechat")


def take(world: World, waiting: list[Chat]) -> None:
    """A colleague answers the dialog that has been in the queue longest."""
    for chat in sorted(waiting, key=lambda chat: chat.created):
        colleagues = [user_id for user_id in chat.offered if user_id != world.main_user]
        if colleagues:
            lines.answer(world, chat, world.users[colleagues[0]])
            return
