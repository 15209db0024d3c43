"""The only door to the outside: bounded requests over guarded connections, and typed errors when they fail.

No redirects (they would carry the token elsewhere), no cookies, no proxies of the environment, no queries.
"""

import time
import zlib
from collections.abc import Mapping
from http.client import HTTPException
from io import BytesIO
from typing import NamedTuple

from urllib3.exceptions import EmptyPoolError, HTTPError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from app.bitrix24.adapter import GuardedAdapter
from app.bitrix24.addresses import Guard, Target
from app.bitrix24.answer import Answer
from app.bitrix24.errors import BadAnswer, NotSent, Stale, TimedOut, TransportError
from app.bitrix24.lookups import LookUp, system_look_up
from app.bitrix24.pools import CONNECT_SECONDS, READ_SECONDS, Counters, Exchange, GuardedPools, current

MAX_BODY = 16 * 1024 * 1024  # bytes, after decoding
TOTAL_SECONDS = 11.5  # a person waits for 12 at most, the rest is ours
_CHUNK = 65536
_HEADERS = {"User-Agent": "Pinline", "Accept": "application/json", "Accept-Encoding": "gzip"}


class NetStats(NamedTuple):
    """Counters since the start: requests sent and connections opened for them."""

    requests: int
    connections: int


class Network:
    """Guarded keep-alive connections to portals and authorization servers; one object per process."""

    def __init__(
        self,
        allow_local: bool = False,
        private_hosts: tuple[str, ...] = (),
        ca_file: str | None = None,
        *,
        look_up: LookUp = system_look_up,
    ) -> None:
        self._guard = Guard(allow_local, private_hosts, look_up)
        self._counters = Counters()
        self._pools = GuardedPools(self._guard, self._counters, ca_file)

    def post_json(
        self,
        url: str,
        body: bytes,
        *,
        deadline: float = TOTAL_SECONDS,
        write: bool = True,
        fresh: bool = False,
    ) -> Answer:
        """POST a JSON body. See `send`."""
        headers = {"Content-Type": "application/json"}
        return self.send("POST", url, headers, body, deadline=deadline, write=write, fresh=fresh)

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        deadline: float = TOTAL_SECONDS,
        write: bool = True,
        fresh: bool = False,
    ) -> Answer:
        """Send one request, once, and read its answer, all within `deadline` seconds.

        A connection gets 3 s, each read 10 s; `fresh`: on a new connection. Raises NotSent (AddressRefused
        among them), TimedOut, BadAnswer (redirect, cut off, too long), TransportError, or Stale: a kept
        connection turned out to be closed, and the request is a read or nothing of it had left.
        """
        target = self._guard.target(url)
        exchange = Exchange(deadline, renew=fresh)
        mark = current.set(exchange)
        try:
            return self._exchange(method, target, {**_HEADERS, **headers}, body)
        except EmptyPoolError:
            raise NotSent("too many requests to this host are under way") from None
        except (ReadTimeoutError, TimeoutError):
            raise TimedOut("no answer in time") from None
        except (HTTPError, HTTPException, OSError):
            raise _broken(exchange, write) from None
        finally:
            current.reset(mark)

    def insist(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        deadline: float = TOTAL_SECONDS,
        write: bool = True,
    ) -> Answer:
        """`send`, and once more on a new connection after Stale; for authorization servers, which have no
        budget of requests and no log of them.
        """
        ends = time.monotonic() + deadline
        try:
            return self.send(method, url, headers, body, deadline=deadline, write=write)
        except Stale:
            left = ends - time.monotonic()
        return self.send(method, url, headers, body, deadline=left, write=write, fresh=True)

    def requests_adapter(self) -> GuardedAdapter:
        """A transport adapter for requests on these same connections, with the same limits and errors."""
        return GuardedAdapter(self.insist)

    def stats(self) -> NetStats:
        """Requests and connections so far."""
        return NetStats(self._counters.requests, self._counters.connections)

    def _exchange(self, method: str, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        pool = self._pools.connection_from_host(target.host, target.port, target.scheme)
        response = pool.urlopen(
            method,
            target.path,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            pool_timeout=int(CONNECT_SECONDS),
            preload_content=False,
            decode_content=False,
        )
        current.get().head = None
        try:
            if 300 <= response.status < 400:
                raise BadAnswer("a redirect, which is not followed")
            answer = Answer(response.status, response.headers, _read(response))
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        return answer


def _broken(exchange: Exchange, write: bool) -> TransportError:
    if exchange.received:
        return BadAnswer("the answer broke off or is not HTTP")
    if not exchange.fresh and not exchange.renew and not (write and exchange.sent):
        return Stale("kept connection closed without an answer")
    return TransportError("connection closed without an answer")


def _read(response: BaseHTTPResponse) -> bytes:
    """The decoded body, never more than MAX_BODY of it in memory."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        return _read_plain(response)
    if encoding in ("gzip", "x-gzip"):
        return _read_gzip(response)
    raise BadAnswer("an encoding that was not asked for")


def _read_plain(response: BaseHTTPResponse) -> bytes:
    body = BytesIO()
    for chunk in response.stream(_CHUNK, decode_content=False):
        _add(body, chunk)
    return body.getvalue()


def _read_gzip(response: BaseHTTPResponse) -> bytes:
    body = BytesIO()
    unpacker = zlib.decompressobj(31)
    try:
        for chunk in response.stream(_CHUNK, decode_content=False):
            while chunk and not unpacker.eof:
                _add(body, unpacker.decompress(chunk, _CHUNK))
                chunk = unpacker.unconsumed_tail
    except zlib.error:
        raise BadAnswer("not the gzip that it says") from None
    if not unpacker.eof:
        raise BadAnswer("the answer broke off")
    return body.getvalue()


def _add(body: BytesIO, more: bytes) -> None:
    """Take more of a body in; a BytesIO hands it over at last without another copy of it."""
    if body.tell() + len(more) > MAX_BODY:
        body.close()  # whoever keeps the error keeps the frames that read it
        raise BadAnswer("an answer above the size limit")
    body.write(more)
