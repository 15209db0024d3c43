"""An allowance for each source address. The rule: what nobody has proved yet costs us little.

Every proof is a request of ours to the authorization server, from our one address; without this, junk would
be turned into as many requests there.
"""

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import request

from app.bitrix24.errors import PortalBusy
from app.web.services import services

PROOFS = (2.0, 200)
"""So many a second, and at once: a contact centre behind one address begins its shift."""

_RETRY_SECONDS = 5.0


def spend_proof() -> None:
    """Take one proof from the allowance of this request's source. Raises PortalBusy when it is used up."""
    if not services().may_prove(request.remote_addr or ""):
        raise PortalBusy(_RETRY_SECONDS)


@contextmanager
def proving() -> Iterator[None]:
    """What every way in holds around its proof: one of the allowance, and a place among the unproved.

    Raises PortalBusy when there is none left of either.
    """
    spend_proof()
    with services().crowd.place(None):
        yield


def allowance(allow: Callable[[str, float, int], bool], *, spare_local: bool) -> Callable[[str], bool]:
    """Tell of an address whether it may have one more proof; `spare_local`: our own machine always may."""

    def may_prove(address: str) -> bool:
        if spare_local and _is_local(address):
            return True
        return allow(f"proof:{source(address)}", *PROOFS)

    return may_prove


def source(address: str) -> str:
    """What counts as one source: an IPv4 address, or the network of an IPv6 one, which is one holder's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.IPv6Network((found.packed, 64), strict=False))


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
