"""The listings: which rows, in which order, in which shape."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from sandbox.world import now


def names(rows):
    return [row["title"] if row else None for row in rows]


def ids(items):
    return [row["chat_id"] for row in items if row and "chat_id" in row]


def test_a_raw_plus_in_a_batch_is_a_space_and_no_date(box):
    """Page how-to-call-rest-api/batch: the part after `?` is read by parse_str."""
    rows = box.rest("im.recent.list", {"SKIP_UNDISTRIBUTED_OPENLINES": "Y"}).result["items"]
    newest, *older = [row for row in rows if not row["pinned"]]
    date = older[-1]["date_last_activity"]
    assert "+" in date
    encoded, raw = (
        box.batch({"list": f"im.recent.list?SKIP_UNDISTRIBUTED_OPENLINES=Y&LAST_MESSAGE_DATE={text}"})
        for text in (quote(date), date)
    )
    ids = [[row["id"] for row in made["result"]["list"]["items"]] for made in (encoded, raw)]
    assert newest["id"] not in ids[0]
    assert newest["id"] in ids[1]


def test_queue_rows_come_first_then_own_ones(box):
    rows = box.rows()
    assert [row["lines"]["status"] for row in rows[:2]] == [0, 5]
    assert rows[2] is None
    own = rows[3:]
    assert all(row["chat"]["type"] == "lines" for row in own)
    moments = [row["date_update"] for row in own]
    assert moments == sorted(moments, reverse=True)


def test_a_pinned_own_row_still_stands_after_the_queue(box):
    box.control("switches", {"recent_pin_lines": "allowed"})
    chat_id = box.chat_id("Reply Blocked")
    assert box.rest("im.recent.pin", {"DIALOG_ID": f"chat{chat_id}", "PIN": "Y"}).result is True
    rows = box.rows()
    assert (rows[0]["lines"]["status"], rows[3]["chat_id"], rows[3]["pinned"]) == (0, chat_id, True)


def test_a_queue_row_lacks_keys_and_an_own_row_has_them(box):
    queued, own = box.row("Green Guest #17"), box.row("John Smith")
    absent = {"last_id", "date_last_activity", "options"}
    assert absent.isdisjoint(queued)
    assert absent <= set(own)
    assert (queued["counter"], queued["user"], queued["chat"]["manager_list"]) == (1, {"id": 0}, [0])
    assert "role" not in queued["chat"]
    assert own["chat"]["role"] == "OWNER"
    assert own["chat"]["owner"] == 27


def test_packed_fields_tell_session_pin_line_and_reply_window(box):
    assert box.row("Maria Lopez")["chat"]["entity_data_1"].split("|")[:4] == ["Y", "LEAD", "1209", "Y"]
    assert box.row("Maria Lopez")["chat"]["entity_data_2"] == "LEAD|1209|COMPANY|0|CONTACT|88|DEAL|0"
    moved = box.row("Moved Client")["chat"]
    assert (moved["entity_id"].split("|")[1], moved["entity_data_1"].split("|")[7]) == ("2", "14")
    row = box.row("John Smith")
    assert int(row["chat"]["entity_data_1"].split("|")[5]) == row["lines"]["id"] != row["chat_id"]
    assert box.row("Legacy Seven")["chat"]["entity_data_1"].count("|") == 6
    assert box.row("Empty Data")["chat"]["entity_data_1"] == ""
    assert box.row("Reply Blocked")["chat"]["entity_data_1"].split("|")[9] == "DEFAULT"


def test_the_card_of_a_row_is_the_last_authors(box):
    client = box.row("John Smith")
    assert client["user"]["connector"] is True
    assert client["user"]["id"] == int(client["chat"]["entity_id"].split("|")[3])
    assert box.row("Answered Client")["user"]["id"] == 27
    assert box.row("System Last")["user"] == {"id": 0}


def test_texts_are_stripped_of_codes_but_not_made_safe(box):
    text = box.row("<script>")["message"]["text"]
    assert text == "Bold click <img src=x onerror=alert(2)> second line :)"
    assert box.row("File Last")["message"]["text"] == "[File]"
    assert box.row("File Last")["message"]["file"]["type"] == "image"


def test_statuses_follow_who_wrote_last(box):
    wanted = {"John Smith": 20, "Ayşe": 25, "Answered Client": 40, "Closing Client": 50, "Maria Lopez": 40}
    assert {name: box.row(name)["lines"]["status"] for name in wanted} == wanted
    assert box.row("Ayşe")["counter"] == 2


def test_people_without_lines_get_an_empty_list(box):
    assert box.rows(45) == []


def test_one_sees_the_own_list_only(box):
    david = names(box.rows(31))
    assert "Joined Client - Web store" in david
    assert "John Smith - Telegram support" not in david


def test_without_the_filter_ordinary_chats_come_too(box):
    box.reset("contact_centre")
    everything = box.rest("im.recent.get").result
    assert {row["type"] for row in everything} == {"chat", "user"}
    assert {row["chat"]["type"] for row in box.rows()} == {"lines"}


def test_the_other_listing_ignores_the_filter_and_repeats_the_queue(box):
    box.reset("contact_centre")
    first = box.rest("im.recent.list", {"ONLY_OPENLINES": "Y", "LIMIT": 25}).json
    kinds = {row["chat"]["type"] for row in first["result"]["items"] if "chat" in row}
    assert kinds == {"lines", "chat"}
    assert (first["result"]["hasMore"], first["total"]) == (True, -1)
    assert len(first["result"]["items"]) == 25 + 4
    second = box.rest("im.recent.list", {"OFFSET": 25, "LIMIT": 25}).result
    assert set(ids(first["result"]["items"])) & set(ids(second["items"])) == set(ids(box.rows()[:4]))
    bare = box.rest("im.recent.list", {"OFFSET": 25, "LIMIT": 25, "SKIP_UNDISTRIBUTED_OPENLINES": "Y"}).result
    assert (len(bare["items"]), bare["hasMore"]) == (len(second["items"]) - 4, False)


def test_paging_by_date_repeats_the_boundary_and_reaches_everything(box):
    box.reset("contact_centre")
    options = {"SKIP_CHAT": "Y", "SKIP_DIALOG": "Y", "LIMIT": 7, "SKIP_UNDISTRIBUTED_OPENLINES": "Y"}
    seen, cursor = [], {}
    for _ in range(20):
        page = box.rest("im.recent.list", {**options, **cursor}).result["items"]
        fresh = [number for number in ids(page) if number not in seen]
        if not fresh:
            break
        seen += fresh
        cursor = {"LAST_MESSAGE_DATE": min(row["date_last_activity"] for row in page)}
    own = [row for row in box.rows() if row["lines"]["status"] >= 10]
    assert sorted(seen) == sorted(ids(own))


def test_pinning_in_the_chat_list_is_refused_for_open_lines(box):
    dialog = {"DIALOG_ID": box.row("John Smith")["id"]}
    assert box.rest("im.recent.pin", dialog).error == (400, "ACCESS_ERROR")
    assert box.rest("im.recent.pin", {**dialog, "PIN": "N"}).error == (400, "ACCESS_ERROR")
    assert box.rest("im.recent.pin", {}).error == (400, "DIALOG_ID_EMPTY")
    box.control("switches", {"recent_pin_lines": "allowed"})
    assert box.rest("im.recent.pin", dialog).result is True
    assert box.rest("im.recent.pin", {**dialog, "PIN": "Y", "ACTION": "N"}).result is True
    assert box.row("John Smith")["pinned"] is False


def test_at_most_45_chats_can_be_pinned(box):
    box.reset("many", dialogs=60)
    box.control("switches", {"recent_pin_lines": "allowed", "limiter": False})
    answers = [box.rest("im.recent.pin", {"DIALOG_ID": row["id"]}).result for row in box.rows()[:46]]
    assert answers == [True] * 45 + [False]


def test_muting_open_lines_is_refused(box):
    chat_id = box.chat_id("John Smith")
    assert box.rest("im.chat.mute", {"CHAT_ID": chat_id}).error == (403, "ACCESS_ERROR")
    box.control("switches", {"mute_lines": "allowed"})
    assert box.row("John Smith")["chat"]["mute_list"] == []
    assert box.rest("im.chat.mute", {"CHAT_ID": chat_id}).result is True


def test_who_muted_a_chat_is_a_map_here_and_a_list_there(box):
    """Pages im.recent.get and imopenlines.dialog.get."""
    chat_id = box.chat_id("John Smith")
    box.control("switches", {"mute_lines": "allowed"})
    box.rest("im.chat.mute", {"CHAT_ID": chat_id, "MUTE": "Y"})
    assert box.row("John Smith")["chat"]["mute_list"] == {"27": True}
    assert box.rest("imopenlines.dialog.get", {"CHAT_ID": chat_id}).result["mute_list"] == [27]
    box.rest("im.chat.mute", {"CHAT_ID": chat_id, "MUTE": "Y", "ACTION": "N"})
    assert box.row("John Smith")["chat"]["mute_list"] == []


def test_reading_everything_reads_other_chats_too(box):
    """Page im.dialog.read.all."""
    box.rest("im.recent.unread", {"DIALOG_ID": f"chat{box.chat_id('John Smith')}"})
    assert any(row["counter"] or row["unread"] for row in box.rest("im.recent.get").result)
    assert box.rest("im.dialog.read.all").result is True
    assert not any(row["counter"] or row["unread"] for row in box.rest("im.recent.get").result)


def test_the_unfiltered_listing_ends_after_a_month_or_a_week(box):
    """Page im.recent.get: 30 days; LAST_SYNC_DATE narrows it to 7 at most; open lines know no window."""
    chat = box.portal.world.chats[box.chat_id("John Smith")]
    asked = {"LAST_SYNC_DATE": "2020-01-01T00:00:00+02:00"}
    for days, plain, since in ((3, True, True), (20, True, False), (40, False, False)):
        chat.updated = now() - timedelta(days=days)
        assert (chat.id in ids(box.rest("im.recent.get").result)) is plain
        assert (chat.id in ids(box.rest("im.recent.get", asked).result)) is since
        assert chat.id in ids(box.rest("im.recent.get", {"LAST_SYNC_DATE": "nonsense"}).result) or not plain
        assert box.row("John Smith") is not None


def test_the_other_listing_can_show_unread_chats_only(box):
    """Page im.recent.list, UNREAD_ONLY."""
    options = {"UNREAD_ONLY": "Y", "SKIP_UNDISTRIBUTED_OPENLINES": "Y"}
    assert box.chat_id("John Smith") in ids(box.rest("im.recent.list", options).result["items"])
    assert box.chat_id("Answered Client") not in ids(box.rest("im.recent.list", options).result["items"])


def test_a_row_whose_last_author_is_gone_is_left_out(box):
    """Page im.recent.get; assumed: the portal drops what it cannot format."""
    client = box.portal.world.chats[box.chat_id("John Smith")].client_id
    kept = box.portal.world.users.pop(client)
    assert box.row("John Smith") is None
    box.portal.world.users[client] = kept
    assert box.row("John Smith") is not None


def test_administrators_may_join_dialogs_but_not_private_talk(box):
    """Page im.dialog.messages.get: the right to join is one of open channels."""
    box.reset("contact_centre")
    world = box.portal.world
    private = next(chat for chat in world.chats.values() if chat.kind == "private" and 1 not in chat.members)
    dialog = next(chat for chat in world.chats.values() if chat.kind == "lines" and 1 not in chat.members)
    ask = "im.dialog.messages.get"
    assert box.rest(ask, {"DIALOG_ID": private.dialog_id}, user=1).error == (403, "ACCESS_ERROR")
    assert box.rest(ask, {"DIALOG_ID": dialog.dialog_id}, user=1).status == 200
    assert box.rest("im.recent.pin", {"DIALOG_ID": private.dialog_id}, user=1).error == (400, "ACCESS_ERROR")


@pytest.mark.parametrize("dialogs", [0, 200])
def test_the_crowd_has_as_many_dialogs_as_asked(box, dialogs):
    box.reset("many", dialogs=dialogs)
    assert len(box.rows()) == dialogs
