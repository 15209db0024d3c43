"""Pooled connections that resolve, check and connect in one place and end at one deadline.

The deadline sits in the sockets: a peer that drips a byte a second passes every read timeout, but not this.
"""

import functools
import logging
import socket
import ssl
import threading
import time
from contextvars import ContextVar
from typing import Any

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from app.bitrix24.addresses import Guard
from app.bitrix24.errors import NotSent

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
_MAX_IDLE = 45.0  # seconds; below what servers usually keep an idle connection open for
_HOSTS = 200
_PER_HOST = 32
MAX_HEAD = 256 * 1024
"""Bytes of an answer before its body: reading them takes many times as much memory."""


class Exchange:
    """One request and its answer: when they must be over, and how far they got."""

    __slots__ = ("_ends", "fresh", "head", "received", "renew", "sent")

    def __init__(self, seconds: float, *, renew: bool = False) -> None:
        self._ends = time.monotonic() + seconds
        self.fresh = False  # a connection was opened for it
        self.sent = False  # something was handed to the system to send
        self.received = False  # at least one byte came back
        self.renew = renew  # do not use a kept connection
        self.head: int | None = MAX_HEAD  # bytes that may come before the body; None: that has begun

    def left(self) -> float:
        """Seconds to the deadline. Raises TimeoutError past it."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        return left

    def hear(self, count: int) -> None:
        """So many bytes came. Raises OSError when the head of the answer is too long."""
        self.received = self.received or count > 0
        if self.head is not None:
            self.head -= count
            if self.head < 0:
                raise OSError("the head of the answer has no end")


current: ContextVar[Exchange] = ContextVar("exchange")


class Counters:
    """Requests and connections so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.connections = 0

    def request(self) -> None:
        """One more request."""
        with self._lock:
            self.requests += 1

    def connection(self) -> None:
        """One more connection."""
        with self._lock:
            self.connections += 1


class _WatchedSocket(socket.socket):
    """Every read and write ends in time and is noted, whatever stands on the socket above."""

    exchange: Exchange | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _arm(self, self.exchange)
        return _received(self.exchange, super().recv_into(*args, **kwargs))

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        _arm(self, self.exchange)
        super().sendall(*args, **kwargs)
        _sent(self.exchange)


class _WatchedTlsSocket(_WatchedSocket, ssl.SSLSocket):
    """The same under TLS."""


def _arm(sock: socket.socket, exchange: Exchange | None) -> None:
    if exchange is not None:
        sock.settimeout(min(READ_SECONDS, exchange.left()))


def _received(exchange: Exchange | None, count: int) -> int:
    if exchange is not None:
        exchange.hear(count)
    return count


def _sent(exchange: Exchange | None) -> None:
    if exchange is not None:
        exchange.sent = True


class _GuardedConnection(HTTPConnection):
    """Plain http: connects only to what the guard permits, within the exchange's deadline."""

    guard: Guard
    counters: Counters
    secure = False
    used_at = 0.0

    def _new_conn(self) -> socket.socket:
        return _open(self.guard, self._dns_host, int(self.port or 0), secure=self.secure)

    def connect(self) -> None:
        """Connect (and shake hands). Raises NotSent: whatever fails here, no request was sent."""
        try:
            super().connect()
        except (OSError, ValueError, HTTPError):
            self.close()
            raise NotSent("no connection to the host") from None
        self.counters.connection()
        current.get().fresh = True
        self._bind()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request, on a new connection if this one lay idle for too long."""
        if self.sock is not None and not current.get().fresh:
            if current.get().renew or time.monotonic() - self.used_at > _MAX_IDLE:
                self.close()
            else:
                self._bind()
        self.used_at = time.monotonic()
        self.counters.request()
        super().request(*args, **kwargs)

    def _bind(self) -> None:
        if isinstance(self.sock, _WatchedSocket):
            self.sock.exchange = current.get()


class _GuardedTlsConnection(_GuardedConnection, HTTPSConnection):
    secure = True


class _GuardedPool(HTTPConnectionPool):
    ConnectionCls = _GuardedConnection
    guard: Guard
    counters: Counters

    def _new_conn(self) -> Any:
        conn: Any = super()._new_conn()
        conn.guard, conn.counters = self.guard, self.counters
        return conn


class _GuardedTlsPool(_GuardedPool, HTTPSConnectionPool):
    ConnectionCls = _GuardedTlsConnection


class GuardedPools(PoolManager):
    """Kept connections by host: 32 of each, of the 200 hosts used last."""

    def __init__(self, guard: Guard, counters: Counters, ca_file: str | None) -> None:
        super().__init__(
            num_pools=_HOSTS, maxsize=_PER_HOST, block=True, retries=False, ssl_context=_context(ca_file)
        )
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # its warnings quote URLs and headers
        self._guard = guard
        self._counters = counters
        self.pool_classes_by_scheme = {"http": _GuardedPool, "https": _GuardedTlsPool}

    def _new_pool(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool: Any = super()._new_pool(*args, **kwargs)
        pool.guard, pool.counters = self._guard, self._counters
        return pool  # type: ignore[no-any-return]


@functools.cache
def _context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    context.sslsocket_class = _WatchedTlsSocket
    return context


def _open(guard: Guard, host: str, port: int, *, secure: bool) -> socket.socket:
    """Connect to the first of a host's permitted addresses that answers; each gets its share of 3 s."""
    seconds = min(CONNECT_SECONDS, current.get().left())
    ends = time.monotonic() + seconds
    addresses = guard.addresses(host, port, secure=secure, seconds=seconds)
    for index, address in enumerate(addresses):
        share = (ends - time.monotonic()) / (len(addresses) - index)
        if share > 0 and (sock := _connected(address, port, share)) is not None:
            sock.settimeout(min(CONNECT_SECONDS, current.get().left()))
            return sock
    raise NotSent("no address of the host accepts connections")


def _connected(address: str, port: int, seconds: float) -> _WatchedSocket | None:
    sock = _WatchedSocket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(seconds)
        sock.connect((address, port))
    except OSError:
        sock.close()
        return None
    return sock
