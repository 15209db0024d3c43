"""The staff and the lines that every world has, and the steps to build a dialog."""

from datetime import timedelta

from sandbox import access, lines, queues
from sandbox import world as w
from sandbox.world import Chat, Line, User, World

MARIA, DAVID, NINA, ADMIN = 27, 31, 45, 1


def staff() -> list[User]:
    """Employees: the main operator, colleagues, an administrator, somebody without lines."""
    return [
        User(ADMIN, "Alex", "Turner", admin=True, position="Head of support", gender="M", color="#1eb4aa"),
        User(MARIA, "Maria", "Jansen", position="Support agent", gender="F", color="#58a1e8"),
        User(DAVID, "David", "Okafor", position="Support agent", gender="M", color="#8c5fd0"),
        User(33, "Yuki", "Tanaka", position="Sales agent", gender="F", color="#e8a441", language="ja"),
        User(34, "Carlos", "Mendes", position="Support agent", gender="M", color="#df532d", language="br"),
        User(NINA, "Nina", "Petrova", position="Accountant", gender="F", color="#a97fa8", language="ru"),
        User(52, "Old", "Colleague", active=False, position="Former agent", color="#9aa3ab"),
    ]


def channels() -> list[Line]:
    """Open channels; ids are far from chat and session ids."""
    team = [MARIA, DAVID, 34]
    return [
        Line(2, "Web store", [*team, ADMIN], connectors=("livechat", "viber")),
        Line(3, "Telegram support", team, connectors=("telegrambot",)),
        Line(5, "WhatsApp orders", [MARIA, 33], connectors=("whatsappbytwilio", "whatsappbyedna")),
        Line(8, "Instagram", [MARIA, DAVID, 33], check_available=False, connectors=("fbinstagramdirect",)),
        Line(11, "Facebook - Europe", team, vote=True, connectors=("facebook",)),
        Line(14, "Поддержка VIP", [MARIA, DAVID], connectors=("telegrambot",)),
    ]


def empty() -> World:
    """People and lines, no dialog at all."""
    world = World()
    world.users = {user.id: user for user in staff()}
    world.lines = {line.id: line for line in channels()}
    return world


def start(
    world: World,
    client: str,
    line_id: int,
    connector: str,
    owner: int = MARIA,
    *,
    minutes: float = 30.0,
    language: str = "en",
) -> Chat:
    """An answered dialog whose client wrote `minutes` ago; owner 0 leaves it in the queue."""
    at = w.now() - timedelta(minutes=minutes)
    person = world.client(client, language)
    chat = queues.new_chat(world, person, line_id, connector, at)
    world.open_session(chat, owner, w.ANSWER if owner else w.NEW, at)
    chat.updated = at
    if owner:
        chat.owner = owner
        access.attach(chat, owner)
    else:
        chat.offered = queues.candidates(world, line_id)
    return chat


def says(
    world: World, chat: Chat, text: str, *, minutes: float, by: int | None = None, file: bool = False
) -> None:
    """A message some minutes ago, by the client unless `by` names an employee."""
    at = w.now() - timedelta(minutes=minutes)
    if by is None:
        lines.client_message(world, chat, text, at, file=file)
    else:
        lines.operator_message(world, chat, by, text, at)
