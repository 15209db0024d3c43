"""Which hosts may be connected to: public addresses over https, decided on the addresses, never on the name.

A portal's host comes from outside, so a name may point anywhere, differently at each look-up: whoever
connects uses exactly the addresses that were checked here.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from app.bitrix24.errors import AddressRefused
from app.bitrix24.lookups import LookUp, LookUps, system_look_up

Address = IPv4Address | IPv6Address

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]{{2,45}}\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[A-Za-z0-9/._-]*)?",
    re.IGNORECASE,
)
_NAT64 = IPv6Network("64:ff9b::/96")
# Ranges that the standard library calls global although they lead elsewhere: relays and tunnels.
_DETOURS = tuple(ip_network(text) for text in ("192.88.99.0/24", "2001::/32", "2002::/16", "fec0::/10"))


class Target(NamedTuple):
    """A URL in parts; `host` without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """`https://host[:port]`, the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return f"{self.scheme}://{host}" + ("" if self.port == usual else f":{self.port}")


def parse_url(url: str) -> Target:
    """Split an absolute http(s) URL. Raises AddressRefused for userinfo, query, fragment or an odd host."""
    found = _URL.fullmatch(url)
    if found is None or len(url) > 2048:
        raise AddressRefused("not a plain http(s) URL")
    scheme = found["scheme"].lower()
    port = int(found["port"] or (443 if scheme == "https" else 80))
    if not 0 < port < 65536:
        raise AddressRefused("port out of range")
    host = found["host"].lower().strip("[]")
    if len(host) > 253:
        raise AddressRefused("host name too long")
    return Target(scheme, host, port, found["path"] or "/")


class Guard:
    """The rule: https to public addresses.

    `allow_local` adds loopback (and http there); `private_hosts` adds exact hosts or CIDRs on private
    addresses, over https. Link-local addresses, where clouds keep their credentials, are never reached.
    """

    def __init__(
        self, allow_local: bool, private_hosts: Sequence[str] = (), look_up: LookUp = system_look_up
    ) -> None:
        self._allow_local = allow_local
        self._look_ups = LookUps(look_up)
        self._hosts = {text.lower() for text in private_hosts if not _is_network(text)}
        self._networks = [ip_network(text) for text in private_hosts if _is_network(text)]

    def target(self, url: str) -> Target:
        """Parse and refuse by scheme. Raises AddressRefused."""
        target = parse_url(url)
        if target.scheme != "https" and not self._allow_local:
            raise AddressRefused("only https is allowed")
        return target

    def addresses(self, host: str, port: int, *, secure: bool, seconds: float) -> list[str]:
        """The permitted addresses of a host, all of one look-up.

        Raises AddressRefused when none is permitted, NotSent when the name cannot be looked up in time.
        """
        found = self._look_ups.addresses(host, port, seconds)
        permitted = [text for text in found if self.permits(ip_address(text), host, secure=secure)]
        if found and not permitted:
            raise AddressRefused("host has no public address")
        return permitted

    def permits(self, address: Address, host: str, *, secure: bool) -> bool:
        """May this address of this host be connected to?"""
        address = _unwrapped(address)
        if address.is_loopback:
            return self._allow_local
        return secure and (_is_public(address) or self._is_opted_in(address, host))

    def _is_opted_in(self, address: Address, host: str) -> bool:
        if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
            return False
        named = host.rstrip(".") in self._hosts and address.is_private
        return named or any(address in network for network in self._networks)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside a mapped or translated IPv6 one: that is where packets end up."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _is_public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return address.is_global and not any(address in network for network in _DETOURS)
