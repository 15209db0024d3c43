"""PHP's habits on the wire, without a server."""

import pytest

from sandbox import php


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("filter[%3EID]=5", {"filter": {">ID": "5"}}),
        ("f[PHONE][0][VALUE]=7&f[PHONE][0][TYPE]=W", {"f": {"PHONE": [{"VALUE": "7", "TYPE": "W"}]}}),
        ("a[1]=x&a[2]=y", {"a": {"1": "x", "2": "y"}}),
        ("a=1&a=2", {"a": "2"}),
        ("a.b=1&c[d=2", {"a_b": "1", "c_d": "2"}),
        ("t=1+1%2B%26%23", {"t": "1 1+&#"}),
        ("=1&&x", {"x": ""}),
    ],
)
def test_query_strings_are_read_as_parse_str_does(query, tree):
    assert php.parse_str(query) == tree


def test_an_array_is_empty_list_list_or_object():
    assert php.array({}) == []
    assert php.array({"0": "a", "1": "b"}) == ["a", "b"]
    assert php.array({"1": "b", "0": "a"}) == {"1": "b", "0": "a"}
    assert php.array({"pin": True}) == {"pin": True}


def test_events_lose_nulls_and_empty_arrays_and_keep_strings_only():
    text = php.form({"event": "X", "data": {"A": True, "B": False, "C": None, "D": [], "E": [{"F": 1}]}})
    assert text == "event=X&data%5BA%5D=1&data%5BB%5D=&data%5BE%5D%5B0%5D%5BF%5D=1"


RESULTS = {"list": [{"id": "chat7", "n": 7}], "me": {"ID": "27"}, "flag": True}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("$result[list][0][n]", 7),
        ("$result[list][0]", {"id": "chat7", "n": 7}),
        ("is $result[me][ID]!", "is 27!"),
        ("$result[me][ID][deeper]", "27"),
        ("$result[list][9][id]", [{"id": "chat7", "n": 7}]),
        ("$result[unknown]", None),
        ("a $result[list] b", "a Array b"),
        ("$result[flag] is 1", "1 is 1"),
        ("$result without brackets", "$result without brackets"),
    ],
)
def test_references_point_into_earlier_results(given, wanted):
    assert php.substitute({"X": [given]}, RESULTS) == {"X": [wanted]}


def test_a_raw_hash_cuts_a_command_off_and_an_encoded_one_does_not():
    assert php.split_command("im.message.add?TEXT=a#b&X=1") == ("im.message.add", {"TEXT": "a"})
    assert php.split_command("Im.Message.Add?TEXT=a%23b&X=1") == ("im.message.add", {"TEXT": "a#b", "X": "1"})
