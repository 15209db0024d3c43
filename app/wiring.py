"""Puts the rooms together: each is handed the objects below it, so that nothing imports upward.

The only place that knows which implementation serves where (Redis or memory, SQLite or PostgreSQL).
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Flask
from redis import Redis
from sqlalchemy import Engine

from app.bitrix24.buckets import FallbackBuckets, MemoryBuckets
from app.bitrix24.client import Caller, RestClient
from app.bitrix24.governor import Governor
from app.bitrix24.net import Network
from app.bitrix24.oauth import AuthServers
from app.bitrix24.trace import CallRecord
from app.config import ROOT, Settings
from app.desk.service import Desk
from app.portals.events import Events
from app.portals.leaving import erase, sweep_behind
from app.portals.lifecycle import Lifecycle
from app.portals.proof import Handshake
from app.portals.states import States
from app.portals.stores.event_queue import EventQueue
from app.portals.stores.installations import InstallationStore
from app.portals.stores.portal_stores import PortalStores
from app.portals.stores.token_pairs import TokenStore
from app.portals.stores.upkeep import purge, reseal
from app.portals.tokens import Tokens
from app.storage import health, shared
from app.storage.cache import Cache, MemoryCache
from app.storage.claims import RedisClaims
from app.storage.crypto import Cipher
from app.storage.engine import make_engine
from app.storage.leases import kept_lease
from app.storage.schema import is_current
from app.storage.sessions import RedisSessions, SqlSessions
from app.storage.spool import Spool
from app.web.assets import Assets
from app.web.cli import Commands
from app.web.housekeeping import Housekeeping, Job
from app.web.i18n import Catalogues, load_catalogues, word_files
from app.web.logs import CallLog
from app.web.metrics import Metrics
from app.web.services import Services
from app.web.session import HeaderSessions
from app.web.sources import allowance

_TURN_SECONDS = 60.0
"""How long others wait for a killed process; one that lives keeps its turn."""


@dataclass(frozen=True, slots=True)
class Wired:
    """What the factory needs of it all."""

    engine: Engine
    services: Services
    housekeeping: Housekeeping
    commands: Commands


def wire(app: Flask, settings: Settings) -> Wired:
    """Build every object of the app; connects to nothing yet."""
    engine = make_engine(settings.database_url)
    redis = shared.connect(settings.redis_url) if settings.redis_url else None
    network = Network(settings.allow_local, settings.private_portals)
    metrics = Metrics(network.stats, shared.RedisTotals(redis) if redis else None)
    calls = CallLog(settings.instance / "logs")
    servers = AuthServers(settings.oauth_servers, settings.client_id, settings.client_secret, network)
    governor = Governor(_buckets(redis))
    client = RestClient(network, governor, _recorder(calls, metrics))
    cache, kept = _cache(redis), RedisSessions(redis) if redis else SqlSessions(engine)
    cipher = Cipher(settings.token_keys)
    portals = PortalStores.on(engine, cipher)
    tokens = Tokens(TokenStore(engine, cipher), servers, engine)
    handshake = Handshake(servers, settings.client_id)
    claims, caller = RedisClaims(redis) if redis else None, Caller(client, tokens)
    desk = Desk(
        engine, caller, client, portals, cache, handshake, governor, claims=claims, alone=redis is None
    )
    forget = (kept.delete_portal, desk.forget)
    behind = partial(sweep_behind, engine, desk.forget)
    lifecycle = Lifecycle(portals, client, settings.app_url, forget=(*forget, behind))
    spool = Spool(settings.instance / "spool", cipher)
    events = Events(portals, EventQueue(engine, cipher), lifecycle, handshake, spool)
    sessions = HeaderSessions(
        app,
        kept,
        settings.secret_key,
        secure=not settings.allow_local,
        alive=_alive(portals.installations),
    )
    jobs = _jobs(engine, cipher, desk, events, tokens) | {"calls": _log_purge(calls, settings)}
    own = partial(_own, metrics, desk)
    housekeeping = Housekeeping(jobs, lambda: kept_lease(engine, "housekeeping", _TURN_SECONDS, 0), own=own)
    words = Catalogues(load_catalogues())
    services = Services(
        settings=settings,
        desk=desk,
        portals=portals,
        handshake=handshake,
        lifecycle=lifecycle,
        events=events,
        servers=servers,
        states=States(engine),
        sessions=sessions,
        words=words,
        assets=Assets(ROOT / "static", word_files(words)),
        metrics=metrics,
        ready=_readiness(engine, redis),
        may_prove=allowance(governor.allow, spare_local=settings.allow_local),
        close=partial(_close, housekeeping, desk, engine),
    )
    delete = partial(erase, portals.installations, engine, forget)
    return Wired(engine, services, housekeeping, _commands(engine, cipher, housekeeping, delete))


def _jobs(engine: Engine, cipher: Cipher, desk: Desk, events: Events, tokens: Tokens) -> dict[str, Job]:
    """What housekeeping does, by name."""
    return {
        "events": events.drain,
        "desk": lambda: desk.housekeeping(datetime.now(UTC)),
        "silent": desk.end_silence,
        "rows": partial(purge, engine),
        "keys": partial(reseal, engine, cipher),
        "tokens": tokens.refresh_idle,
    }


def _own(metrics: Metrics, desk: Desk) -> None:
    """What each process does for itself: its memories are written, old lists go, its figures are shared."""
    desk.tidy()
    metrics.share()


def _close(housekeeping: Housekeeping, desk: Desk, engine: Engine) -> None:
    housekeeping.stop()
    desk.close()
    engine.dispose()


def _log_purge(calls: CallLog, settings: Settings) -> Job:
    return lambda: calls.purge(settings.log_retention_days, datetime.now(UTC).date())


def _commands(
    engine: Engine, cipher: Cipher, housekeeping: Housekeeping, delete: Callable[[str], bool]
) -> Commands:
    """What a person may do by hand."""
    return Commands(
        upgrade=partial(migrate, engine),
        housekeeping=housekeeping.run,
        reseal=partial(reseal, engine, cipher),
        delete=delete,
    )


def migrate(engine: Engine) -> None:
    """Bring the database to today's schema; only now its tool is loaded, a sixth of a worker."""
    importlib.import_module("app.storage.migrate").upgrade(engine)


def _buckets(redis: Redis | None) -> MemoryBuckets | FallbackBuckets:
    own = MemoryBuckets()
    if redis is None:
        return own
    return FallbackBuckets(shared.RedisBuckets(redis), own, shared.SharedStoreDown)


def _cache(redis: Redis | None) -> Cache:
    return shared.RedisCache(redis) if redis else MemoryCache()


def _recorder(calls: CallLog, metrics: Metrics) -> Callable[[CallRecord], None]:
    def record(call: CallRecord) -> None:
        calls(call)
        metrics.called(call)

    return record


def _alive(installations: InstallationStore) -> Callable[[str], int | None]:
    def generation(member_id: str) -> int | None:
        found = installations.find(member_id)
        return found.generation if found is not None and found.active else None

    return generation


def _readiness(engine: Engine, redis: Redis | None) -> Callable[[], dict[str, bool]]:
    def ready() -> dict[str, bool]:
        parts = {"database": health.answers(engine) and is_current(engine)}
        return parts if redis is None else {**parts, "redis": shared.is_alive(redis)}

    return ready
