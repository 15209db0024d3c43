"""Only public https hosts are reached: a listener on this machine counts who comes through."""

import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

import pytest

from app.bitrix24.addresses import Guard, parse_url
from app.bitrix24.errors import AddressRefused, BitrixError, NotSent
from app.bitrix24.net import Network
from tests.unit.bitrix24.wire import Wire, reply

LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.127.127.127",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "0",
    "0.0.0.0",
    "[::]",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "localhost%00.example.com",
    "127.0.0.1%2f",
    "user@127.0.0.1",
    "portal.example@127.0.0.1",
    "user:pass@localhost",
    "127.0.0.1\\@portal.example",
    "127.0.0.1#.portal.example",
    "127.0.0.1?.portal.example",
    "127.0.0.1/portal.example",
    " 127.0.0.1",
    "127.0.0.1 ",
    "127.0.0.1\n",
    "\t127.0.0.1",
    "[::1%lo]",
    "[::1%25lo]",
    "-127.0.0.1",
    "127.0.0.1..",
]


@pytest.fixture
def listener() -> Iterator[Wire]:
    """Listens on every address of this machine, of both families where it has IPv6."""
    with Wire(reply({"result": 1}), host="::" if socket.has_dualstack_ipv6() else "0.0.0.0") as wire:
        yield wire


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
def test_no_spelling_of_this_machine_is_connected_to(listener: Wire, scheme: str, spelling: str) -> None:
    with pytest.raises(NotSent):
        Network().post_json(f"{scheme}://{spelling}:{listener.port}/rest/x", b"{}")
    assert listener.settled() == 0


@pytest.mark.parametrize(
    "spelling",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"],
)
def test_with_the_allowance_the_same_spelling_does_connect(listener: Wire, spelling: str) -> None:
    Network(allow_local=True).post_json(f"http://{spelling}:{listener.port}/rest/x", b"{}")
    assert listener.connections == 1


def test_the_allowance_is_loopback_only(listener: Wire) -> None:
    """0.0.0.0 leads to this machine as well, and so does its own private address."""
    network = Network(allow_local=True)
    others = ["0.0.0.0", "[::]", *_own_addresses()]
    for host in others:
        with pytest.raises(NotSent):
            network.post_json(f"http://{host}:{listener.port}/rest/x", b"{}")
    assert listener.settled() == 0


def _own_addresses() -> list[str]:
    found = socket.getaddrinfo(socket.gethostname(), 0, socket.AF_INET)
    return [str(entry[4][0]) for entry in found if not str(entry[4][0]).startswith("127.")]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://portal.example/",
        "file:///etc/passwd",
        "gopher://portal.example/",
        "//portal.example/",
        "portal.example",
        "",
        "https://",
        "https:///rest/",
        "https://portal.example:0/",
        "https://portal.example:65536/",
        "https://portal.example:44a/",
        "https://portal.example/rest/?auth=token",
        "https://portal.example/rest/#x",
        "https://portal.example/re st/",
        "https://portal.example/rest/\r\nX: 1",
        "https://порт.ал/",
        "https://under_score.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        f"https://portal.example/{'a' * 3000}",
    ],
)
def test_odd_urls_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        parse_url(url)


def test_a_plain_url_is_split() -> None:
    assert parse_url("https://Portal.Example:8443/rest/") == ("https", "portal.example", 8443, "/rest/")
    assert parse_url("https://portal.example").origin == "https://portal.example"
    assert parse_url("http://[::1]:9000/").origin == "http://[::1]:9000"


INSIDE = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "fc00::1",
    "fd12::1",
]
NOWHERE = [
    "127.0.0.1",
    "::1",
    "169.254.169.254",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "239.1.1.1",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
]
DETOURS = [
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.1",
    "192.88.99.1",
    "2001:db8::1",
    "2001:0:1::1",
    "2002:a00:1::",
    "fec0::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
]
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INSIDE + NOWHERE + DETOURS)
def test_what_is_not_public_is_not_permitted(address: str) -> None:
    assert not Guard(False).permits(ip_address(address), "portal.example", secure=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_permitted_over_https_alone(address: str) -> None:
    assert Guard(False).permits(ip_address(address), "portal.example", secure=True)
    assert not Guard(False).permits(ip_address(address), "portal.example", secure=False)
    assert not Guard(True).permits(ip_address(address), "portal.example", secure=False)


@pytest.mark.parametrize("address", INSIDE)
def test_private_hosts_are_opted_in_by_name_or_range(address: str) -> None:
    ranges = ("10.0.0.0/8", "172.16.0.0/12", "192.168.1.1", "100.64.0.0/10", "fc00::/7")
    ip = ip_address(address)
    assert Guard(False, ranges).permits(ip, "any.example", secure=True)
    assert not Guard(False, ranges).permits(ip, "any.example", secure=False)
    assert not Guard(False, ("b24.corp.example",)).permits(ip, "b24.corp.example.evil.example", secure=True)


def test_a_private_host_by_exact_name() -> None:
    guard = Guard(False, ("B24.corp.example",))
    assert guard.permits(ip_address("10.1.2.3"), "b24.corp.example", secure=True)
    assert not guard.permits(ip_address("10.1.2.3"), "x.b24.corp.example", secure=True)


@pytest.mark.parametrize("address", NOWHERE)
def test_opting_in_never_reaches_loopback_or_link_local(address: str) -> None:
    guard = Guard(False, ("b24.corp.example", "0.0.0.0/0", "::/0"))
    assert not guard.permits(ip_address(address), "b24.corp.example", secure=True)


def test_a_name_is_looked_up_once_and_only_its_checked_addresses_are_used(listener: Wire) -> None:
    """A name that answers differently the second time (rebinding) has no second time."""
    asked: list[str] = []

    def look_up(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["10.9.9.9", "127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    network = Network(allow_local=True, look_up=look_up)
    network.post_json(f"http://rebinding.example:{listener.port}/rest/x", b"{}")
    assert asked == ["rebinding.example"]
    assert listener.connections == 1


def test_a_name_that_points_here_is_refused(listener: Wire) -> None:
    network = Network(look_up=lambda _host, _port: ["127.0.0.1", "::1", "0.0.0.0"])
    with pytest.raises(AddressRefused):
        network.post_json(f"https://portal.example:{listener.port}/rest/x", b"{}")
    assert listener.settled() == 0


def test_every_address_of_a_name_is_tried(listener: Wire) -> None:
    with Wire(reply({})) as gone:
        pass
    network = Network(allow_local=True, look_up=lambda _host, _port: ["::1", "127.0.0.1"])
    network.post_json(f"http://portal.example:{listener.port}/rest/x", b"{}")
    assert listener.connections == 1
    with pytest.raises(NotSent):
        network.post_json(f"http://portal.example:{gone.port}/rest/x", b"{}")


def test_a_look_up_that_fails_is_not_sent() -> None:
    def look_up(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(NotSent) as caught:
        Network(look_up=look_up).post_json("https://portal.example/rest/x", b"{}")
    assert not isinstance(caught.value, AddressRefused)
    assert isinstance(caught.value, BitrixError)


def test_a_redirect_to_this_machine_is_not_taken(listener: Wire) -> None:
    away = reply({}, 302, {"Location": f"http://127.0.0.1:{listener.port}/rest/x"})
    with Wire(away) as wire, pytest.raises(BitrixError):
        Network(allow_local=True).post_json(f"{wire.url}/rest/x", b"{}")
    assert listener.settled() == 0
