"""Switches: a misspelt value is refused, and methods are named in any case."""

import time

import pytest

from sandbox import switches

URL = "_sandbox/switches"


@pytest.mark.parametrize("name", switches.CHOICES)
def test_a_misspelt_value_is_refused_and_changes_nothing(box, name):
    before = box.control("switches")
    reply = box.send(f"{box.origin}/{URL}", {"life": True, name: "personnal"})
    assert reply.status == 422
    assert all(choice in reply.json["error"] for choice in switches.CHOICES[name])
    assert box.control("switches") == before
    other = list(switches.CHOICES[name])[-1]
    assert box.control("switches", {"life": True, name: other})[name] == other


@pytest.mark.parametrize(
    "wanted", [{"life": "perhaps"}, {"latency": 3}, {"latency": {"*": "slow"}}, {"bucket_size": "many"}]
)
def test_other_values_are_of_their_kind(box, wanted):
    assert box.send(f"{box.origin}/{URL}", wanted).status == 422


@pytest.mark.parametrize("said", [True, "on", "Y", 1])
def test_yes_may_be_said_in_several_ways(box, said):
    assert box.control("switches", {"life": said})["life"] is True


def test_methods_are_named_in_any_case(box):
    """Page how-to-call-rest-api: the case of a method's name does not matter."""
    box.control("switches", {"latency": {"Im.Recent.Get": 1.2}, "operating_charge": {"User.Current": 300}})
    started = time.monotonic()
    box.rest("im.recent.get", {"ONLY_OPENLINES": "Y"})
    assert time.monotonic() - started >= 1.2
    assert box.rest("user.current").json["time"]["operating"] >= 300
    assert box.rest("profile").json["time"]["operating"] < 300
