"""Pin, silent, and the operator's actions: what they change and how they fail."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

PIN, SILENT = "imopenlines.session.mode.pin", "imopenlines.session.mode.silent"
PIN_ALL, UNPIN_ALL = "imopenlines.session.mode.pinAll", "imopenlines.session.mode.unpinAll"


def truth(box, name, user=27):
    chat_id = box.chat_id(name)
    return next(row for row in box.control("truth") if row["chat_id"] == chat_id)


def act(box, method, name, user=27, **params):
    return box.rest(method, {"CHAT_ID": box.chat_id(name), **params}, user=user)


def test_pinning_sets_the_pause_and_posts_a_system_message(box):
    assert act(box, PIN, "John Smith", ACTIVATE="Y").result is True
    row = box.row("John Smith")
    assert row["chat"]["entity_data_1"].split("|")[3] == "Y"
    assert (row["user"], row["message"]["author_id"], row["lines"]["status"]) == ({"id": 0}, 0, 20)
    assert row["pinned"] is False


def test_only_n_unpins_and_only_y_silences(box):
    act(box, PIN, "John Smith", ACTIVATE="0")
    assert truth(box, "John Smith")["pinned"] is True
    act(box, PIN, "John Smith", ACTIVATE="N")
    assert truth(box, "John Smith")["pinned"] is False
    act(box, SILENT, "John Smith", ACTIVATE="1")
    assert truth(box, "John Smith")["silent"] is False
    act(box, SILENT, "John Smith", ACTIVATE="Y")
    assert truth(box, "John Smith")["silent"] is True


def test_parameter_names_are_taken_as_they_are(box):
    assert box.rest(PIN, {"chat_id": box.chat_id("John Smith")}).error == (400, "CHAT_ID_EMPTY")
    assert box.rest("imopenlines.operator.answer", {"chat_id": box.chat_id("Green Guest")}).result is True


def test_pinning_what_is_pinned_is_true_without_a_message(box):
    before = truth(box, "Maria Lopez")["messages"]
    assert act(box, PIN, "Maria Lopez").result is True
    assert truth(box, "Maria Lopez")["messages"] == before


def test_pinning_somebody_elses_dialog_fails_with_an_empty_code(box):
    assert act(box, PIN, "Joined Client").error == (400, "")
    box.control("switches", {"pin_error": "coded"})
    assert act(box, PIN, "Joined Client").error == (400, "ERROR_USER_NOT_OPERATOR")
    assert act(box, PIN, "John Smith", user=45).error == (400, "ACCESS_DENIED")
    assert box.rest(PIN, {"CHAT_ID": 99999}).error == (400, "CHAT_ID")
    assert truth(box, "Joined Client")["pinned"] is False


def test_a_busy_lock_says_true_and_changes_nothing(box):
    box.control("faults", {"kind": "lock_busy", "method": PIN, "times": 1})
    assert act(box, PIN, "John Smith").result is True
    assert truth(box, "John Smith")["pinned"] is False
    assert act(box, PIN, "John Smith").result is True
    assert truth(box, "John Smith")["pinned"] is True


def test_asking_about_a_closed_chat_opens_a_session(box):
    before = truth(box, "John Smith")["session_id"]
    box.control("act", {"what": "close", "chat_id": box.chat_id("John Smith")})
    assert act(box, PIN, "John Smith").error == (400, "ACCESS_DENIED")
    assert truth(box, "John Smith")["session_id"] == before
    assert act(box, PIN, "John Smith", user=1).error == (400, "")
    assert truth(box, "John Smith")["session_id"] > before


def test_pin_all_takes_sessions_10_to_49_of_this_operator(box):
    wanted = {
        row["session_id"]
        for row in box.control("truth")
        if row["operator_id"] == 27 and not row["pinned"] and 10 <= row["status"] < 50
    }
    answer = box.rest(PIN_ALL).result
    assert set(answer) == wanted
    assert truth(box, "Closing Client")["pinned"] is False
    assert truth(box, "Joined Client")["pinned"] is False
    assert box.rest(PIN_ALL).result == []
    assert set(box.rest(UNPIN_ALL).result) == wanted | {truth(box, "Maria Lopez")["session_id"]}
    assert box.rest(UNPIN_ALL, user=45).result == []


def test_pin_all_goes_from_dialog_to_dialog(box):
    """Page session.mode.pinAll: one after another; what is lost on the way is left out in silence."""
    mine = [row for row in box.control("truth") if row["operator_id"] == 27]
    wanted = {row["chat_id"] for row in mine if not row["pinned"] and 10 <= row["status"] < 50}
    token = box.token()

    def open_ones():
        return {
            row["chat_id"] for row in box.control("truth") if row["chat_id"] in wanted and not row["pinned"]
        }

    box.control("switches", {"latency": {PIN_ALL: 0.4}})
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(box.rest, PIN_ALL, token=token)
        end = time.monotonic() + 10
        while open_ones() == wanted and time.monotonic() < end:
            time.sleep(0.02)
        left = open_ones()
        assert set() < left < wanted
        lost = max(left)
        box.control("act", {"what": "take", "chat_id": lost, "user_id": 31})
        named = set(going.result().result)
    assert open_ones() == {lost}
    assert len(named) == len(wanted) - 1
    assert {row["session_id"] for row in mine if row["chat_id"] in wanted - {lost}} == named


def test_unpinning_while_away_gives_the_dialog_back(box):
    act(box, PIN, "John Smith")
    box.control("act", {"what": "set_offline", "user_id": 27})
    assert truth(box, "John Smith")["owner"] == 27
    assert act(box, PIN, "John Smith", ACTIVATE="N").result is True
    assert box.row("John Smith") is None
    assert truth(box, "John Smith")["status"] == 5
    assert truth(box, "John Smith")["offered"] == [31, 34]


def test_going_offline_leaves_only_what_is_pinned_or_answered(box):
    taken = box.control("act", {"what": "set_offline", "user_id": 27})["requeued"]
    assert box.chat_id("John Smith") in taken
    left = [row for row in box.control("truth?user_id=27") if row["owner"] == 27]
    assert {row["pinned"] or row["status"] >= 40 or row["line_id"] == 8 for row in left} == {True}


def test_silence_in_the_chat_is_told_and_turned_off_with_an_empty_string(box):
    act(box, SILENT, "John Smith", ACTIVATE="Y")
    assert box.row("John Smith")["chat"]["entity_data_3"] == "Y"
    act(box, SILENT, "John Smith", ACTIVATE="N")
    assert box.row("John Smith")["chat"]["entity_data_3"] == ""
    before = truth(box, "John Smith")["messages"]
    act(box, SILENT, "John Smith", ACTIVATE="N")
    assert truth(box, "John Smith")["messages"] == before


def test_personal_silence_leaves_no_trace_in_the_listing(box):
    box.control("switches", {"silent_scope": "personal"})
    before = box.row("John Smith")
    assert act(box, SILENT, "John Smith", ACTIVATE="Y").result is True
    assert box.row("John Smith") == before
    assert truth(box, "John Smith")["silent"] is True


def test_a_clients_message_opens_the_reply_window_for_a_day(box):
    """Helpdesk page 11076436: only the client's messages count, not the operator's."""
    fields = box.row("Reply Blocked")["chat"]["entity_data_1"].split("|")
    chat_id = box.chat_id("Reply Blocked")
    box.control("act", {"what": "operator_message", "chat_id": chat_id})
    assert box.row("Reply Blocked")["chat"]["entity_data_1"].split("|")[8] == fields[8]
    box.control("act", {"what": "client_message", "chat_id": chat_id})
    row = box.row("Reply Blocked")
    until, reason = row["chat"]["entity_data_1"].split("|")[8:]
    at = datetime.fromisoformat(row["message"]["date"]).timestamp()
    assert (int(until), reason) == (int(at) + 24 * 3600, "DEFAULT")
    assert box.row("John Smith")["chat"]["entity_data_1"].endswith("|0|0")


@pytest.mark.parametrize(("scope", "left"), [("chat", "N"), ("personal", "Y")])
def test_a_closed_chat_keeps_its_flag_only_where_silence_is_personal(box, scope, left):
    """Page imopenlines.session.mode.silent; newer portals no longer write the field (undocumented)."""
    act(box, SILENT, "John Smith", ACTIVATE="Y")
    box.control("switches", {"silent_scope": scope})
    assert act(box, "imopenlines.operator.finish", "John Smith").result is True
    data = box.rest("imopenlines.dialog.get", {"CHAT_ID": box.chat_id("John Smith")}, user=1).result
    assert data["entity_data_3"] == left


def test_answering_takes_a_queued_dialog(box):
    assert act(box, "imopenlines.operator.answer", "Green Guest").result is True
    fact = truth(box, "Green Guest")
    assert (fact["status"], fact["owner"], fact["offered"], fact["pinned"]) == (10, 27, [], False)
    assert act(box, "imopenlines.operator.answer", "Green Guest", user=31).error == (400, "ACCESS_DENIED")
    assert act(box, "imopenlines.operator.answer", "Green Guest").error == (400, "")
    box.control("switches", {"answer_errors": "coded"})
    code = "IMOL_CHAT_ERROR_ANSWER_ALREADY_RESPONSIBLE"
    assert act(box, "imopenlines.operator.answer", "Green Guest").error == (400, code)


def test_skipping_loses_the_pin_and_the_row(box):
    assert act(box, "imopenlines.operator.skip", "Maria Lopez").result is True
    assert box.row("Maria Lopez") is None
    fact = truth(box, "Maria Lopez")
    assert (fact["status"], fact["owner"], fact["pinned"]) == (5, 0, False)
    assert box.row("Maria Lopez", user=31)["lines"]["status"] == 5


def test_finishing_closes_or_waits_for_a_vote(box):
    assert act(box, "imopenlines.operator.finish", "John Smith").result is True
    assert (box.row("John Smith"), truth(box, "John Smith")["status"]) == (None, 60)
    data = box.rest("imopenlines.dialog.get", {"CHAT_ID": box.chat_id("John Smith")}, user=1).result
    assert data["entity_data_1"].split("|")[5] == "0"
    chat_id = box.control("act", {"what": "queue_dialog", "line_id": 11, "user_id": 27})["chat_id"]
    box.rest("imopenlines.operator.answer", {"CHAT_ID": chat_id})
    assert box.rest("imopenlines.operator.finish", {"CHAT_ID": chat_id}).result is True
    fact = next(row for row in box.control("truth") if row["chat_id"] == chat_id)
    assert fact["status"] == 50
    assert chat_id not in [row["chat_id"] for row in box.rows() if row]
    assert act(box, "imopenlines.operator.finish", "Joined Client").error == (400, "ERROR_USER_NOT_OPERATOR")


@pytest.mark.parametrize("target", ["31", "queue14"])
def test_a_transfer_hands_over_and_loses_the_pin(box, target):
    assert act(box, "imopenlines.operator.transfer", "Maria Lopez", TRANSFER_ID=target).result is True
    fact = truth(box, "Maria Lopez")
    assert (fact["owner"], fact["pinned"], 31 in fact["offered"]) == (0, False, True)


def test_a_transfer_complains_of_the_name_that_was_given(box):
    """Page imopenlines.operator.transfer."""
    transfer = "imopenlines.operator.transfer"
    for given, code in (
        ({}, "TRANSFER_ID_EMPTY"),
        ({"TRANSFER_ID": ""}, "TRANSFER_ID_EMPTY"),
        ({"USER_ID": ""}, "USER_ID_EMPTY"),
        ({"QUEUE_ID": 0}, "QUEUE_ID_EMPTY"),
        ({"TRANSFER_ID": 27}, "OPERATOR_WRONG"),
        ({"TRANSFER_ID": 52}, "OPERATOR_WRONG"),
        ({"TRANSFER_ID": "queue99"}, "OPERATOR_WRONG"),
    ):
        assert act(box, transfer, "Maria Lopez", **given).error == (400, code)
    assert box.rest(transfer, {"TRANSFER_ID": 31}).error == (400, "CHAT_ID_EMPTY")
    assert truth(box, "Maria Lopez")["owner"] == 27
    box.control("act", {"what": "close", "chat_id": box.chat_id("Maria Lopez")})
    assert act(box, transfer, "Maria Lopez", user=1, TRANSFER_ID=31).error == (400, "OPERATOR_WRONG")


def test_what_is_closed_stays_closed_when_an_operator_writes(box):
    box.control("act", {"what": "close", "chat_id": box.chat_id("John Smith")})
    box.control("act", {"what": "operator_message", "chat_id": box.chat_id("John Smith"), "user_id": 27})
    assert truth(box, "John Smith")["status"] == 60
    box.control("act", {"what": "client_message", "chat_id": box.chat_id("John Smith")})
    assert truth(box, "John Smith")["status"] == 0


def test_writing_into_damaged_fields_takes_the_time_for_the_session(box):
    """Undocumented: the portal's reader falls back to the clock where the sixth field is missing."""
    act(box, PIN, "Empty Data")
    fields = box.row("Empty Data")["chat"]["entity_data_1"].split("|")
    assert (len(fields), fields[3]) == (10, "Y")
    assert int(fields[5]) > 10**9
    act(box, PIN, "Legacy Seven")
    row = box.row("Legacy Seven")
    assert row["chat"]["entity_data_1"].split("|")[5] == str(row["lines"]["id"])
    box.control("act", {"what": "close", "chat_id": box.chat_id("Empty Data")})
    data = box.rest("imopenlines.dialog.get", {"CHAT_ID": box.chat_id("Empty Data")}, user=1).result
    assert data["entity_data_1"].split("|")[3:6:2] == ["N", "0"]


def test_the_history_is_one_sessions(box):
    """Page imopenlines.session.history.get: a session without messages is refused."""
    ask, chat_id = "imopenlines.session.history.get", box.chat_id("John Smith")
    first = truth(box, "John Smith")["session_id"]
    box.control("act", {"what": "close", "chat_id": chat_id})
    box.control("act", {"what": "client_message", "chat_id": chat_id, "text": "Me again"})
    texts = [m["text"] for m in box.rest(ask, {"CHAT_ID": chat_id}, user=1).result["message"].values()]
    assert texts == ["Me again"]
    old = box.rest(ask, {"SESSION_ID": first}, user=1).result["message"]
    assert "Me again" not in [m["text"] for m in old.values()]
    box.control("act", {"what": "close", "chat_id": chat_id})
    box.rest("imopenlines.session.start", {"CHAT_ID": chat_id}, user=1)
    assert box.rest(ask, {"CHAT_ID": chat_id}, user=1).error == (400, "ACCESS_DENIED")


def test_a_vote_without_a_comment_wipes_the_old_one(box):
    """Page imopenlines.session.head.vote."""
    vote, session = "imopenlines.session.head.vote", {"SESSION_ID": truth(box, "John Smith")["session_id"]}
    assert box.rest(vote, {**session, "RATING": 4, "COMMENT": "good"}, user=1).result is True
    history = box.rest("imopenlines.session.history.get", session, user=1).result
    assert (history["sessionVoteHead"], history["sessionCommentHead"]) == (4, "good")
    assert box.rest(vote, {**session, "RATING": 9}, user=1).result is True
    history = box.rest("imopenlines.session.history.get", session, user=1).result
    assert (history["sessionVoteHead"], history["sessionCommentHead"]) == (0, "")
    assert box.rest(vote, session, user=1).error == (400, "EMPTY_VOTE_PARAMS")
    assert box.rest(vote, {**session, "RATING": 4}).error == (400, "ACCESS_DENIED")


def test_messages_are_read_newest_first_and_stay_unread(box):
    dialog = {"DIALOG_ID": box.row("Ayşe")["id"]}
    answer = box.rest("im.dialog.messages.get", {**dialog, "LIMIT": 2}).result
    assert [message["text"] for message in answer["messages"]] == ["And how much is it?", "Great"]
    older = {**dialog, "LAST_ID": answer["messages"][-1]["id"]}
    assert box.rest("im.dialog.messages.get", older).result["messages"][0]["author_id"] == 27
    assert box.row("Ayşe")["counter"] == 2
    assert box.rest("im.dialog.messages.get", dialog, user=45).error == (403, "ACCESS_ERROR")
    assert box.rest("im.dialog.messages.get", {}).error == (400, "DIALOG_ID_EMPTY")


def test_chat_objects_and_history(box):
    chat_id = box.chat_id("John Smith")
    by_chat = box.rest("imopenlines.dialog.get", {"CHAT_ID": chat_id}).result
    code = by_chat["entity_id"]
    assert box.rest("imopenlines.dialog.get", {"USER_CODE": f"imol|{code}"}).result == by_chat
    assert (by_chat["role"], "lines" in by_chat, by_chat["dialog_id"]) == ("owner", False, f"chat{chat_id}")
    assert box.rest("imopenlines.dialog.get", {"CHAT_ID": 5}).error == (400, "ACCESS_ERROR")
    history = box.rest("imopenlines.session.history.get", {"CHAT_ID": chat_id}).result
    assert history["sessionId"] == truth(box, "John Smith")["session_id"]
    assert {message["chatid"] for message in history["message"].values()} == {str(chat_id)}
    assert box.rest("imopenlines.session.history.get", {}).error == (400, "MISSING_REQUIRED_PARAM")


def test_lines_can_be_filtered(box):
    """Page imopenlines.config.list.get."""

    def asked(wanted):
        found = box.rest("imopenlines.config.list.get", {"PARAMS": {"select": ["ID"], "filter": wanted}})
        return [line["ID"] for line in found.result]

    every = asked({})
    assert len(every) > 2
    assert asked({"ID": every[1]}) == [every[1]]
    assert asked({"=ID": int(every[0]), "ACTIVE": "Y"}) == every[:1]
    assert asked({"@ID": every[:2]}) == every[:2]
    assert asked({"!ID": every[0]}) == every[1:]
    wrong = {"PARAMS": {"filter": {"COLOUR": "red"}}}
    assert box.rest("imopenlines.config.list.get", wrong).error == (400, "INVALID_FORMAT")


def test_lines_and_people(box):
    lines = box.rest(
        "imopenlines.config.list.get", {"PARAMS": {"select": ["ID", "LINE_NAME"]}}, user=45
    ).result
    assert lines[0] == {"ID": "2", "LINE_NAME": "Web store"}
    assert box.rest("imopenlines.config.list.get").result[0]["DATE_CREATE"] == {}
    people = [person["ID"] for person in box.rest("user.get", {"FILTER": {"ACTIVE": False}}).result]
    assert people == ["52"]
    active = {person["ID"] for person in box.rest("user.get", {"FILTER": {"ACTIVE": "Y"}}).result}
    assert active | {"52"} == {person["ID"] for person in box.rest("user.get").result} > active
    people = box.rest("user.get", {"ID": [27, 31, 401]}).result
    assert [person["ID"] for person in people] == ["27", "31"]
    cards = box.rest("im.user.list.get", {"ID": [27, 401, 9999]}).result
    assert (cards["401"]["connector"], cards["9999"]) == (True, None)
