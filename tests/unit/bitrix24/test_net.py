"""The door outside: one deadline, one size limit, kept connections, and an honest word when it fails."""

import gzip
import resource
import socket
import threading
import time
import traceback
import zlib
from io import BytesIO

import pytest

from app.bitrix24.errors import BadAnswer, NotSent, Stale, TimedOut, TransportError
from app.bitrix24.net import MAX_BODY, Network
from app.bitrix24.pools import _WatchedSocket
from tests.unit.bitrix24.conftest import Tls
from tests.unit.bitrix24.wire import Answerer, Wire, body, close, drip, hang, head, raw, reply, reset


@pytest.fixture
def network() -> Network:
    return Network(allow_local=True)


def test_one_connection_serves_many_requests(network: Network) -> None:
    with Wire(reply({"result": 1})) as wire:
        for _ in range(20):
            assert network.post_json(f"{wire.url}/rest/x", b"{}").status == 200
        assert wire.connections == 1
        assert network.stats() == (20, 1)


def test_threads_share_connections(network: Network) -> None:
    with Wire(reply({"result": 1})) as wire:

        def ask() -> None:
            for _ in range(25):
                network.post_json(f"{wire.url}/rest/x", b"{}")

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(wire.requests) == 200
        assert wire.connections <= 8


def test_connections_are_kept_over_tls(tls: Tls) -> None:
    network = Network(allow_local=True, ca_file=tls.ca_file)
    with Wire(reply({"result": 1}), tls=tls.server) as wire:
        for _ in range(10):
            network.post_json(f"{wire.url}/rest/x", b"{}")
        assert wire.connections == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(tls: Tls, network: Network) -> None:
    with Wire(reply({"result": 1}), tls=tls.server) as wire, pytest.raises(NotSent):
        network.post_json(f"{wire.url}/rest/x", b"{}")
    assert not wire.requests


def test_what_is_sent_is_the_body_and_no_cookie(network: Network) -> None:
    with Wire(reply({}, headers={"Set-Cookie": "PHPSESSID=1; Path=/"})) as wire:
        network.post_json(f"{wire.url}/rest/x", b'{"a":1}')
        network.post_json(f"{wire.url}/rest/x", b'{"a":1}')
    last = wire.requests[-1]
    assert (last.method, last.path, last.body) == ("POST", "/rest/x", b'{"a":1}')
    assert last.headers["content-type"] == "application/json"
    assert "cookie" not in last.headers


def test_proxies_of_the_environment_are_not_used(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(reply({})) as proxy, Wire(reply({})) as wire:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        assert network.post_json(f"{wire.url}/rest/x", b"{}").status == 200
        assert proxy.settled() == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(network: Network, status: int) -> None:
    with Wire(reply({})) as other:
        away = body(b"", status, {"Location": f"{other.url}/rest/x"})
        with Wire(away) as wire, pytest.raises(BadAnswer):
            network.post_json(f"{wire.url}/rest/x", b'{"auth":"secret"}')
        assert other.settled() == 0


WHOLE = head(200, {"Content-Length": "13"}) + b'{"result": 1}'


@pytest.mark.parametrize("start", [b"", head(200, {"Content-Length": "400"})])
@pytest.mark.parametrize("over_tls", [False, True])
def test_a_drip_ends_at_the_deadline(tls: Tls, start: bytes, over_tls: bool) -> None:
    network = Network(allow_local=True, ca_file=tls.ca_file)
    answer = drip(b"H" * 400, start)
    with Wire(answer, tls=tls.server if over_tls else None) as wire:
        began = time.monotonic()
        with pytest.raises(TimedOut):
            network.post_json(f"{wire.url}/rest/x", b"{}", deadline=1.5)
        assert time.monotonic() - began < 6


def test_a_drip_that_ends_in_time_is_read(network: Network) -> None:
    with Wire(drip(WHOLE, every=0.01)) as wire:
        assert network.post_json(f"{wire.url}/rest/x", b"{}", deadline=10).body == b'{"result": 1}'


def test_no_answer_is_a_timeout(network: Network) -> None:
    with Wire(hang()) as wire, pytest.raises(TimedOut):
        network.post_json(f"{wire.url}/rest/x", b"{}", deadline=1.0)


def test_a_handshake_that_hangs_is_not_sent(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(NotSent):
            network.post_json(f"https://127.0.0.1:{silent.getsockname()[1]}/rest/x", b"{}")
        assert time.monotonic() - began < 8


def test_a_connection_that_lay_idle_for_long_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.bitrix24.pools._MAX_IDLE", 0.0)
    network = Network(allow_local=True)
    with Wire(reply({"result": 1})) as wire:
        for _ in range(3):
            network.post_json(f"{wire.url}/rest/x", b"{}")
        assert wire.connections == 3


def test_a_closed_port_is_not_sent(network: Network) -> None:
    with Wire(reply({})) as wire:
        url = wire.url
    with pytest.raises(NotSent):
        network.post_json(f"{url}/rest/x", b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        raw(head(200, {"Content-Length": "100"}) + b'{"result"'),
        raw(b"SSH-2.0-OpenSSH\r\n"),
        raw(head(200, {"Transfer-Encoding": "chunked"}) + b"zz\r\nbroken"),
        reset(head(200, {"Content-Length": "100"}) + b'{"result"'),
        body(b"not gzip", headers={"Content-Encoding": "gzip"}),
        body(gzip.compress(b'{"result": 1}')[:-9], headers={"Content-Encoding": "gzip"}),
        body(b"{}", headers={"Content-Encoding": "br"}),
    ],
)
def test_broken_answers_are_bad_answers(network: Network, answer: Answerer) -> None:
    with Wire(answer, reply({"result": 2})) as wire:
        with pytest.raises(BadAnswer):
            network.post_json(f"{wire.url}/rest/x", b"{}")
        assert len(wire.requests) == 1
        assert network.post_json(f"{wire.url}/rest/x", b"{}").status == 200


def test_gzip_is_unpacked(network: Network) -> None:
    with Wire(body(gzip.compress(b'{"result": 1}'), headers={"Content-Encoding": "gzip"})) as wire:
        assert network.post_json(f"{wire.url}/rest/x", b"{}").body == b'{"result": 1}'


def test_a_gzip_bomb_is_cut_off(network: Network) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    assert len(bomb) < 300_000
    with Wire(body(bomb, headers={"Content-Encoding": "gzip"})) as wire:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(BadAnswer):
            network.post_json(f"{wire.url}/rest/x", b"{}")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 120_000  # KiB, where the bomb holds 200 MiB


def test_a_body_above_the_limit_is_refused_and_one_at_it_is_read(network: Network) -> None:
    with Wire(body(bytes(MAX_BODY + 1)), body(bytes(MAX_BODY))) as wire:
        with pytest.raises(BadAnswer):
            network.post_json(f"{wire.url}/rest/x", b"{}")
        assert len(network.post_json(f"{wire.url}/rest/x", b"{}").body) == MAX_BODY


HEADERS = (b"HTTP/1.1 200 X\r\n", b"X: %s\r\n" % (b"a" * 60_000), b"")
INTERIM = (b"", b"HTTP/1.1 100 X\r\n\r\n" * 4_000, b"HTTP/1.1 200 X\r\n")


@pytest.mark.parametrize(("start", "more", "end"), [HEADERS, INTERIM])
def test_a_head_above_the_limit_is_refused_and_one_below_it_is_read(
    network: Network, start: bytes, more: bytes, end: bytes
) -> None:
    rest = end + b"Content-Length: 2\r\n\r\n{}"
    with Wire(raw(start + more * 5 + rest), raw(start + more + rest)) as wire:
        with pytest.raises(BadAnswer):
            network.post_json(f"{wire.url}/rest/x", b"{}")
        assert network.post_json(f"{wire.url}/rest/x", b"{}").body == b"{}"


def held(error: BaseException) -> int:
    """The largest body that the frames of an error keep in memory."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    values = [value for frame in frames for value in frame.f_locals.values()]
    open_ones = [value for value in values if isinstance(value, BytesIO) and not value.closed]
    whole = [b"", *values, *(one.getbuffer() for one in open_ones)]
    return max(len(value) for value in whole if isinstance(value, bytes | bytearray | memoryview))


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_whoever_keeps_the_error_does_not_keep_a_large_answer(
    network: Network, headers: dict[str, str]
) -> None:
    large = bytes(MAX_BODY + 1)
    answer = body(gzip.compress(large) if headers else large, headers=headers)
    with Wire(answer) as wire, pytest.raises(BadAnswer) as refused:
        network.post_json(f"{wire.url}/rest/x", b"{}")
    assert held(refused.value) >= len(large), "this function's own, so it would be seen"
    del large, answer
    assert held(refused.value) < 100_000


def test_a_connection_closed_while_idle_is_replaced_even_for_writes(network: Network) -> None:
    with Wire(reply({"result": 1})) as wire:
        network.post_json(f"{wire.url}/rest/x", b"{}")
        wire.drop()
        time.sleep(0.2)
        assert network.post_json(f"{wire.url}/rest/x", b"{}", write=True).status == 200
        assert len(wire.requests) == 2


@pytest.mark.parametrize("end", [close(), reset()])
def test_a_kept_connection_that_closes_on_a_read_is_stale(network: Network, end: Answerer) -> None:
    with Wire(reply({}), end, reply({"result": 3})) as wire:
        network.post_json(f"{wire.url}/rest/x", b"{}", write=False)
        with pytest.raises(Stale):
            network.post_json(f"{wire.url}/rest/x", b"{}", write=False)
        assert len(wire.requests) == 2


@pytest.mark.parametrize("end", [close(), reset()])
def test_a_kept_connection_that_closes_on_a_write_leaves_it_open(network: Network, end: Answerer) -> None:
    with Wire(reply({}), end, reply({"result": 3})) as wire:
        network.post_json(f"{wire.url}/rest/x", b"{}", write=True)
        with pytest.raises(TransportError) as caught:
            network.post_json(f"{wire.url}/rest/x", b"{}", write=True)
        assert type(caught.value) is TransportError
        assert len(wire.requests) == 2


def test_a_write_of_which_nothing_left_is_stale(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(reply({})) as wire:
        network.post_json(f"{wire.url}/rest/x", b"{}")
        with monkeypatch.context() as patch:
            patch.setattr(_WatchedSocket, "sendall", _gone)
            with pytest.raises(Stale):
                network.post_json(f"{wire.url}/rest/x", b"{}", write=True)
        assert len(wire.requests) == 1


def _gone(*_: object) -> None:
    raise ConnectionResetError


def test_a_fresh_connection_is_a_new_one(network: Network) -> None:
    with Wire(reply({})) as wire:
        for fresh in (False, False, True):
            network.post_json(f"{wire.url}/rest/x", b"{}", fresh=fresh)
        assert [request.connection for request in wire.requests] == [1, 1, 2]


@pytest.mark.parametrize(("write", "sent"), [(False, 3), (True, 2)])
def test_who_insists_asks_once_more_where_that_is_safe(network: Network, write: bool, sent: int) -> None:
    with Wire(reply({}), close(), reply({"result": 3})) as wire:
        network.insist("POST", f"{wire.url}/x", {}, b"{}", write=write)
        try:
            answer = network.insist("POST", f"{wire.url}/x", {}, b"{}", write=write)
            assert (answer.body, write) == (b'{"result": 3}', False)
        except TransportError:
            assert write
        assert len(wire.requests) == sent


@pytest.mark.parametrize("write", [False, True])
def test_a_new_connection_that_closes_on_us_is_not_repeated(network: Network, write: bool) -> None:
    with Wire(close()) as wire:
        with pytest.raises(TransportError):
            network.post_json(f"{wire.url}/rest/x", b"{}", write=write)
        assert len(wire.requests) == 1


def test_failures_give_their_place_in_the_pool_back(network: Network) -> None:
    with Wire(*[close()] * 40, reply({"result": 1})) as wire:
        for _ in range(40):
            with pytest.raises(TransportError):
                network.post_json(f"{wire.url}/rest/x", b"{}")
        assert network.post_json(f"{wire.url}/rest/x", b"{}").status == 200


def test_errors_hold_neither_url_nor_payload(network: Network) -> None:
    with Wire(close()) as wire, pytest.raises(TransportError) as caught:
        network.post_json(f"{wire.url}/rest/canary-path", b"canary-body")
    assert "canary" not in repr(caught.value)
    assert caught.value.__suppress_context__
