"""The clockwork that moves dialogs by itself, and the seeds that it moves."""

import time
from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from sandbox import acts, life, seed
from sandbox.seed_phrases import PHRASES


def test_life_moves_dialogs_and_keeps_the_queue_small(box):
    box.reset("contact_centre")
    before = {row["chat_id"]: row["messages"] for row in acts.truth(box.portal, None)}
    random = Random(1)
    for _ in range(300):
        life.step(box.portal, random)
    after = {row["chat_id"]: row["messages"] for row in acts.truth(box.portal, None)}
    assert any(after[chat_id] > count for chat_id, count in before.items())
    assert len(before) < len(after)
    assert sum(1 for chat in box.portal.world.chats.values() if chat.offered) <= 8


def test_everybody_writes_one_language_and_comes_once(box):
    box.reset("contact_centre")
    random, world = Random(2), box.portal.world
    for _ in range(400):
        life.step(box.portal, random)
    dialogs = [chat for chat in world.chats.values() if chat.kind == "lines"]
    names = Counter(world.users[chat.client_id].full_name for chat in dialogs)
    assert names.most_common(1)[0][1] == 1
    foreign = {text: name for name, said in PHRASES.items() for text in said.chatter + said.follow_ups}
    for chat in dialogs:
        said = [m.text for m in chat.messages if m.author_id == chat.client_id]
        assert {foreign[text] for text in said if text in foreign} <= {world.users[chat.client_id].language}
        assert all(one != other for one, other in pairwise(said))


@pytest.mark.parametrize("name", ["contact_centre", "many"])
def test_clients_write_by_a_connector_of_their_line(name):
    world = seed.make(name, 60)
    dialogs = [chat for chat in world.chats.values() if chat.kind == "lines"]
    assert all(chat.connector in world.lines[chat.line_id].connectors for chat in dialogs)
    guests = [chat for chat in dialogs if " Guest #" in chat.title]
    assert {chat.connector for chat in guests} == {"livechat"}


def test_new_clients_differ_in_colour(box):
    chats = [box.control("act", {"what": "queue_dialog"})["chat_id"] for _ in range(3)]
    assert len({box.portal.world.chats[chat_id].color for chat_id in chats}) == 3


def test_new_clients_of_a_line_write_by_its_connector(box):
    chat_id = box.control("act", {"what": "queue_dialog", "line_id": 5})["chat_id"]
    assert box.portal.world.chats[chat_id].connector == "whatsappbytwilio"


@pytest.mark.parametrize("name", seed.SEEDS)
def test_every_seed_makes_consistent_worlds(name):
    world = seed.make(name, 60)
    for chat in world.chats.values():
        assert set(chat.recent) <= chat.members
        assert chat.owner == 0 or chat.owner in chat.members
        assert not set(chat.offered) & chat.members
        assert [message.id for message in chat.messages] == sorted(message.id for message in chat.messages)
        assert chat.kind != "lines" or chat.session is not None


def test_the_contact_centre_is_busy():
    world = seed.make("contact_centre")
    mine = [chat for chat in world.chats.values() if chat.owner == 27]
    assert 38 <= len(mine) <= 45
    assert {chat.session.status for chat in mine if chat.session} == {20, 25, 40}
    assert len({chat.connector for chat in mine}) >= 6
    assert any(chat.session and chat.session.pause for chat in mine)
    assert [chat.silent for chat in mine].count("Y") == 1
    assert sum(1 for chat in world.chats.values() if 27 in chat.offered) >= 3


def test_reply_windows_of_the_contact_centre_follow_from_its_messages():
    world = seed.make("contact_centre")
    timed = [chat for chat in world.chats.values() if chat.reply_block]
    for chat in timed:
        last = max(m.date for m in chat.messages if m.author_id == chat.client_id)
        assert chat.reply_block == int(last.timestamp()) + 24 * 3600
    left = sorted(chat.reply_block - time.time() for chat in timed)
    assert left[0] < 0 < left[1] < 3600
