"""A click has one deadline, whatever comes in front of its write; what is told agrees with the portal."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.survival import check_told
from tests.support.acting import own, pinned
from tests.support.frame import Frame, Reply

LIMIT = 12.5
"""Seconds: the 11.5 of a click, and one for a busy machine."""

_PIN = "imopenlines.session.mode.pin"
_MISSING = 3.5
"""Seconds after which a list does not say any more that a dialog is not the operator's."""


def timed(frame: Frame, chat_id: int) -> tuple[Reply, float]:
    """A click on Pin, and how long it took."""
    began = time.monotonic()
    reply = frame.act("pin", chat_id)
    return reply, time.monotonic() - began


def taken_elsewhere(frame: Frame) -> int:
    """A dialog that the operator took in the messenger since the last list: a click has to read one."""
    frame.dialogs()
    chat_id: int = frame.sandbox.act("queue_dialog")["chat_id"]
    frame.sandbox.act("take", chat_id=chat_id, user_id=frame.user_id)
    time.sleep(_MISSING)
    frame.sandbox.forget()
    return chat_id


def sent_pins(frame: Frame) -> int:
    """How often the portal was asked to pin."""
    return sum(record["commands"].count(_PIN) for record in frame.sandbox.requests())


def test_a_list_that_leaves_no_time_for_the_write_sends_none(operator: Frame) -> None:
    chat_id = taken_elsewhere(operator)
    operator.sandbox.switch(answer_latency=9.0)
    reply, seconds = timed(operator, chat_id)
    assert seconds < LIMIT
    assert (reply.status, reply.json()["error"]) == (429, "portal_busy")
    assert sent_pins(operator) == 0
    again, seconds = timed(operator, chat_id)
    assert seconds < LIMIT
    operator.sandbox.switch(answer_latency=0)
    assert check_told(operator, again, chat_id, before=False, wanted=True) in ("done", "unconfirmed")
    assert sent_pins(operator) == 1, "the list is known by now"


def test_a_write_without_an_answer_in_time_is_not_confirmed_and_sent_once(operator: Frame) -> None:
    chat_id = taken_elsewhere(operator)
    operator.sandbox.switch(answer_latency=7.5)
    reply, seconds = timed(operator, chat_id)
    assert seconds < LIMIT
    [result] = reply.json()["results"]
    assert (result["outcome"], result["code"]) == ("unconfirmed", "timeout")
    operator.sandbox.switch(answer_latency=0)
    time.sleep(7.5)  # the portal goes on with what it was asked
    assert sent_pins(operator) == 1
    assert chat_id in pinned(operator.sandbox)


def test_a_second_click_on_the_same_dialog_waits_within_its_own_limit(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    operator.sandbox.forget()
    operator.sandbox.switch(answer_latency=16.0)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(timed, operator, chat_id)
        time.sleep(1.0)
        second = pool.submit(timed, operator, chat_id)
    told, seconds = first.result()
    assert seconds < LIMIT
    assert told.json()["results"][0]["outcome"] == "unconfirmed"
    told, seconds = second.result()
    assert seconds < LIMIT
    assert (told.status, told.json()["error"]) == (429, "portal_busy"), "nothing of it was sent"
    operator.sandbox.switch(answer_latency=0)
    assert sent_pins(operator) == 1


def test_a_refresh_that_hangs_is_not_waited_for_and_not_lost(operator: Frame) -> None:
    chat_id = own(operator, pinned=False)[0]
    operator.sandbox.forget()
    operator.sandbox.expire_tokens(operator.user_id)
    operator.sandbox.switch(answer_latency=6.0, oauth_latency=8.0)
    reply, seconds = timed(operator, chat_id)
    assert seconds < LIMIT
    assert (reply.status, reply.json()["error"]) == (429, "portal_busy")
    assert chat_id not in pinned(operator.sandbox)
    operator.sandbox.switch(answer_latency=0, oauth_latency=0)
    reply, seconds = timed(operator, chat_id)
    assert seconds < LIMIT
    assert check_told(operator, reply, chat_id, before=False, wanted=True) == "done"
    hosts = [record["host"] for record in operator.sandbox.requests()]
    assert hosts.count("oauth") == 1, "the pair that the first click began to renew is the one in use"
