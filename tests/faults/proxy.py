"""A TCP proxy that misbehaves on order: put between the app and whatever it depends on.

Orders apply at once, to connections that are open already as well. `plan` speaks enough HTTP to answer
requests in the upstream's place, byte for byte.
"""

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

_CHUNK = 65536
_HOLD = 0.02


@dataclass(frozen=True, slots=True)
class Planned:
    """An answer in the upstream's place. `then`: keep the connection, close it or reset it.

    `pass_on` lets the upstream carry the request out first; only its answer is replaced. With `about` it
    is for requests that hold these bytes.
    """

    raw: bytes
    then: str = "close"
    pass_on: bool = False
    seconds: float = 0.0
    about: bytes = b""


@dataclass(slots=True)
class Toxics:
    """What goes wrong. Sizes in bytes, times in seconds; 0 or False is health."""

    latency: float = 0.0  # added to each direction's first byte of a burst
    bandwidth: int = 0  # bytes a second towards the client
    slow_close: float = 0.0  # the end of a connection is passed on late
    hang: bool = False  # everything is swallowed, nothing closes
    reset: bool = False  # a connection is reset as soon as the client says something
    slicer: int = 0  # answers come in pieces of this size, 10 ms apart
    limit_data: int = 0  # an answer ends after so many bytes
    plan: deque[Planned | None] = field(default_factory=deque)  # None: the upstream's own answer
    forever: Planned | None = None  # like `plan`, for every request

    def planned(self, request: bytes) -> Planned | None:
        """The next answer that is not the upstream's, if it is for this request."""
        with contextlib.suppress(IndexError):
            if self.plan[0] is None or self.plan[0].about in request:
                return self.plan.popleft()
        return self.forever if self.forever and self.forever.about in request else None

    @property
    def slow(self) -> bool:
        """Whether bytes take longer, or come in part."""
        return bool(self.latency or self.bandwidth or self.slicer or self.limit_data)


class Proxy:
    """`Proxy(port).start()` listens on `self.port`; change `toxics`, call `down()` and `up()`, `heal()`."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.toxics = Toxics()
        self.connections = 0
        self.struck = 0  # answers, pieces and ends that went wrong in the trouble of now or the last one
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.port = 0

    def start(self) -> "Proxy":
        """Listen on a free port, the same one after every pause."""
        self.up()
        return self

    def up(self) -> None:
        """Accept connections (again)."""
        if self._listener is not None:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(256)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections and cut the open ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Reset every open connection."""
        with self._lock:
            cut, self._open = self._open, set()
        for sock in cut:
            _reset(sock)

    def heal(self) -> None:
        """Back to health; connections that hung are cut, as their peers would find them."""
        hung = self.toxics.hang
        self.toxics = Toxics()
        self.up()
        if hung:
            self.cut()

    stop = down

    @contextlib.contextmanager
    def trouble(self, **orders: object) -> Iterator[None]:
        """Toxics for the length of a block; `down=True` is one of them."""
        self.struck = 0
        if orders.pop("down", False):
            self.down()
        self.toxics = replace(self.toxics, **orders)  # type: ignore[arg-type]
        try:
            yield
        finally:
            self.heal()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.upstream), 5)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {client, server}
        pair = _Pair(self, client, server)
        threads = [threading.Thread(target=way, daemon=True) for way in (pair.upwards, pair.downwards)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with self._lock:
            self._open -= {client, server}
        for sock in (client, server):
            with contextlib.suppress(OSError):
                sock.close()


class _Pair:
    """One connection and its continuation."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy = proxy
        self.client = client
        self.server = server
        self.given = 0
        self.swallow = threading.Event()  # the upstream's answer is not wanted

    def upwards(self) -> None:
        """From the client to the upstream."""
        request = bytearray()
        with contextlib.suppress(OSError):
            while data := self.client.recv(_CHUNK):
                toxics = self._awake()
                if toxics.reset:
                    self.proxy.struck += 1
                    self._end(hard=True)
                    return
                time.sleep(toxics.latency)
                self.given = 0
                if toxics.plan or toxics.forever:
                    request += data
                    if _is_whole(request):
                        if not self._instead(toxics.planned(bytes(request)), bytes(request)):
                            return
                        request.clear()
                    continue
                self.server.sendall(bytes(request) + data)
                request.clear()
            self._linger()
            self.server.shutdown(socket.SHUT_WR)

    def _instead(self, planned: Planned | None, request: bytes) -> bool:
        """Answer as planned; False when the connection is over."""
        if planned is None:
            self.server.sendall(request)
            return True
        self.proxy.struck += 1
        if planned.pass_on:
            self.swallow.set()
            self.server.sendall(request)
            time.sleep(0.5)
            self.swallow.clear()
        time.sleep(planned.seconds)
        if planned.raw:
            self.client.sendall(planned.raw)
        if planned.then == "keep":
            return True
        self._end(hard=planned.then == "reset")
        return False

    def downwards(self) -> None:
        """From the upstream to the client."""
        with contextlib.suppress(OSError):
            while data := self.server.recv(_CHUNK):
                if self.swallow.is_set():
                    continue
                toxics = self._awake()
                time.sleep(toxics.latency)
                self._give(data, toxics)
            self._linger()
            self.client.shutdown(socket.SHUT_WR)

    def _linger(self) -> None:
        """The end of a connection takes its time."""
        self.proxy.struck += bool(self.proxy.toxics.slow_close)
        time.sleep(self.proxy.toxics.slow_close)

    def _give(self, data: bytes, toxics: Toxics) -> None:
        self.proxy.struck += toxics.slow
        if toxics.limit_data:
            data = data[: max(0, toxics.limit_data - self.given)]
            self.given += len(data)
        step = toxics.slicer or toxics.bandwidth // 20 or _CHUNK
        for start in range(0, len(data), step):
            self.client.sendall(data[start : start + step])
            if step != _CHUNK:
                time.sleep(0.01 if toxics.slicer else 0.05)
        if toxics.limit_data and self.given >= toxics.limit_data:
            self._end(hard=False)

    def _awake(self) -> Toxics:
        """Today's toxics, once nothing hangs any more."""
        self.proxy.struck += self.proxy.toxics.hang
        while self.proxy.toxics.hang:
            time.sleep(_HOLD)
            if self.client.fileno() < 0:
                raise OSError("cut")
        return self.proxy.toxics

    def _end(self, *, hard: bool) -> None:
        for sock in (self.client, self.server):
            if hard:
                _reset(sock)
            else:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


def _reset(sock: socket.socket) -> None:
    """Hang up without a farewell; a thread that reads from it wakes."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RD)
    with contextlib.suppress(OSError):
        sock.close()


def _is_whole(request: bytes | bytearray) -> bool:
    head, separator, body = bytes(request).partition(b"\r\n\r\n")
    if not separator:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return len(body) >= int(value)
    return True
