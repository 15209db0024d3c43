"""Names are looked up in bounded threads: one that is never answered stands in nobody's way."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.bitrix24.errors import NotSent
from app.bitrix24.lookups import LookUps


class Names:
    """Answers at once, but for the name `dead.example`, which is answered when the test says so."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.answers = threading.Event()

    def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked[host] += 1
        if host.endswith("dead.example"):
            self.answers.wait(30)
        return [f"192.0.2.{self.asked[host]}"]


@pytest.fixture
def names() -> Iterator[Names]:
    """Names whose look-ups all end with the test."""
    names = Names()
    yield names
    names.answers.set()


def test_one_dead_name_server_stands_in_nobodys_way(names: Names) -> None:
    look_ups = LookUps(names)
    with ThreadPoolExecutor(40) as pool:
        asking = [pool.submit(look_ups.addresses, "dead.example", 443, 0.2) for _ in range(40)]
        assert all(isinstance(one.exception(), NotSent) for one in asking)
    began = time.monotonic()
    assert look_ups.addresses("oauth.example", 443, 3.0) == ["192.0.2.1"]
    assert time.monotonic() - began < 1.0
    assert names.asked["dead.example"] == 1


def test_many_dead_names_would_take_all_threads(names: Names) -> None:
    """The control: look-ups of as many names as there are threads leave none."""
    look_ups = LookUps(names)
    with ThreadPoolExecutor(32) as pool:
        asking = [pool.submit(look_ups.addresses, f"{n}.dead.example", 443, 0.2) for n in range(32)]
        assert all(isinstance(one.exception(), NotSent) for one in asking)
    with pytest.raises(NotSent, match="pending"):
        look_ups.addresses("oauth.example", 443, 0.2)
    names.answers.set()
    assert look_ups.addresses("oauth.example", 443, 3.0) == ["192.0.2.1"], "and it may be asked for again"


def test_who_joins_gets_the_answer_and_the_next_one_asks_anew(names: Names) -> None:
    look_ups = LookUps(names)
    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(look_ups.addresses, "dead.example", 443, 10.0) for _ in range(8)]
        with pytest.raises(NotSent):
            look_ups.addresses("dead.example", 443, 0.5)  # each has its own patience
        names.answers.set()
        assert [one.result() for one in asking] == [["192.0.2.1"]] * 8
    assert look_ups.addresses("dead.example", 443, 1.0) == ["192.0.2.2"]
    assert look_ups.addresses("dead.example", 444, 1.0) == ["192.0.2.3"]


def test_an_answer_of_any_kind_ends_the_wait() -> None:
    failures = iter([socket.gaierror(-2, "Name or service not known"), RuntimeError("odd"), None])

    def look_up(_host: str, _port: int) -> Sequence[str]:
        if (failure := next(failures)) is not None:
            raise failure
        return ["192.0.2.1"]

    look_ups = LookUps(look_up)
    with pytest.raises(NotSent):
        look_ups.addresses("portal.example", 443, 3.0)
    with pytest.raises(RuntimeError, match="odd"):
        look_ups.addresses("portal.example", 443, 3.0)
    assert look_ups.addresses("portal.example", 443, 3.0) == ["192.0.2.1"]
