"""A REST client at a scripted portal, with what it recorded."""

from dataclasses import dataclass

from app.bitrix24.buckets import MemoryBuckets
from app.bitrix24.governor import Governor
from app.bitrix24.net import Network
from app.bitrix24.rest import RestClient
from app.bitrix24.trace import CallRecord
from tests.unit.bitrix24.wire import Wire

READ = "im.recent.get"
WRITE = "imopenlines.session.mode.pin"


@dataclass(frozen=True)
class Access:
    client_endpoint: str
    token: str = "canary-access-token"


class Bench:
    """A client at a scripted portal, with what it recorded."""

    def __init__(self, wire: Wire, **governor: float) -> None:
        self.records: list[CallRecord] = []
        self.governor = Governor(MemoryBuckets(), **governor)  # type: ignore[arg-type]
        self.client = RestClient(Network(allow_local=True), self.governor, self.records.append)
        self.access = Access(f"{wire.url}/rest/")

    def call(self, method: str = READ, **options: object) -> bytes:
        return bytes(self.client.call(self.access, "member", method, {"A": [1]}, **options))  # type: ignore[arg-type]
