"""The parent's side of the frame: which commands are answered, and what ends the installer phase."""

import pytest


def say(box, command, user=27, **params):
    """One command of a frame that this person has open."""
    sid = box.control(f"open?user_id={user}")["sid"]
    reply = box.send(f"{box.origin}/_portal/frame", {"command": command, "params": params, "sid": sid})
    assert reply.status == 200
    return reply.json


@pytest.mark.parametrize(
    "command",
    [
        "imOpenMessenger",
        "imCallTo",
        "reloadWindow",
        "placementBindEvent",
        "selectUser",
        "setinstall",
        "dance",
        "",
    ],
)
def test_what_is_unknown_or_silent_gets_no_reply(box, command):
    """Page sdk/bx24-js-sdk; a made-up echo would let a page wait for what never comes."""
    assert say(box, command, event="x") == {}
    assert say(box, "setInstall", install=True) == {"reply": {"install": True}}


def test_sliders_are_answered_with_nothing_in_it(box):
    assert say(box, "openApplication", page="x") == {"reply": None}
    assert say(box, "closeApplication") == {"reply": None}


def test_the_installer_phase_ends_once(box, monkeypatch):
    """Page bx24-install-finish: outside the installer phase it has no effect."""
    box.reset(installed=False)
    fired = []
    monkeypatch.setattr("sandbox.deliver.fire", lambda portal, event, data, user_id: fired.append(event))
    assert say(box, "setInstallFinish", user=27) == {}
    assert (box.portal.app.installed, fired) == (False, [])
    assert say(box, "setInstallFinish", user=1) == {"install_finished": "Y"}
    assert say(box, "setInstallFinish", user=1) == {}
    assert (box.portal.app.installed, fired) == (True, ["ONAPPINSTALL"])


def test_only_an_administrator_has_the_installer_come_again(box):
    assert say(box, "setInstallFinish", user=27, value=False) == {}
    assert box.portal.app.installed is True
    assert say(box, "setInstallFinish", user=1, value=False) == {"install_finished": "N"}
    assert box.portal.app.installed is False


def test_a_frame_that_outlived_the_app_installs_nothing(box):
    sid = box.control("open?user_id=1")["sid"]
    box.control("uninstall", {})
    ask = {"command": "setInstallFinish", "params": {}, "sid": sid}
    cookie = {"Cookie": "sandbox_user_1=1"}
    assert box.send(f"{box.origin}/_portal/frame", ask, headers=cookie).json == {}
    assert box.portal.app.added is False
