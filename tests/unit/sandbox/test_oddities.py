"""The seed of rows that portals hold seldom, in the shapes of page im.recent.get."""

import pytest

from sandbox.rows import changed


@pytest.fixture
def odd(box):
    """The row of one client, by name."""
    box.reset("oddities")
    return box.row


def test_a_session_that_is_gone_is_a_zero(odd):
    assert (odd("Session Gone")["lines"]["id"], odd("Session Gone")["lines"]["status"]) == (0, 0)
    assert odd("Ordinary Client")["lines"]["id"] > 0


def test_a_removed_history_leaves_message_zero_without_its_later_keys(odd):
    message = odd("Erased History")["message"]
    assert message["id"] == 0
    assert not {"sticker", "uuid"} & set(message)
    assert {"sticker", "uuid"} <= set(odd("Ordinary Client")["message"])


def test_last_author_file_mute_avatar(odd):
    assert (odd("Bot Last")["user"]["bot"], odd("Bot Last")["user"]["connector"]) == (True, False)
    assert odd("File True")["message"]["file"] is True
    assert odd("Muted Client")["chat"]["mute_list"] == {"27": True, "31": True}
    assert odd("Avatar Client")["avatar"]["url"].startswith("https://")
    assert odd("Avatar Client")["avatar"]["color"].startswith("#")


def test_ids_with_pipes_and_a_renamed_dialog(odd):
    assert odd("Piped Client")["chat"]["entity_id"].count("|") > 4
    assert odd("Ordinary Client")["chat"]["entity_id"].count("|") == 3
    assert odd("VIP")["title"] == odd("VIP")["chat"]["name"]


def test_unknown_keys_stand_beside_the_known_ones(odd):
    row, plain = odd("Unknown Keys"), odd("Ordinary Client")
    assert set(row) - set(plain) == {"block"}
    assert set(row["chat"]) - set(plain["chat"]) == {"ai", "counter_v2"}
    assert set(plain["message"]) < set(row["message"])
    assert row["lines"]["status"] == plain["lines"]["status"]


def test_what_is_changed_is_changed_in_the_row_alone():
    row = {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert changed(row, {"a": {"c": {"d": 4, "f": 5}}, "e": {}}) == {
        "a": {"b": 1, "c": {"d": 4, "f": 5}},
        "e": {},
    }
    assert row == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
