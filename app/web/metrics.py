"""Figures for Prometheus: requests by route, calls by method; never by portal or person.

The rule: whichever worker is asked, it tells of all. With Redis each adds what it has counted to sums that
all share, when it is asked and every few seconds; the sums go on over restarts. Without Redis there is one.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from app.bitrix24.trace import CallRecord

_SECONDS = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_SUFFIXES = ("", "_total", "_bucket", "_sum", "_count")
Stats = Callable[[], tuple[int, ...]]


class Totals(Protocol):
    """Sums of all workers by name."""

    def add(self, amounts: Mapping[str, float]) -> dict[str, float]:
        """Add to some of the sums and return all."""


class Metrics:
    """The figures; `text()` is the answer of /metrics."""

    def __init__(self, network: Stats, totals: Totals | None = None) -> None:
        self._totals = totals
        self._added: dict[str, float] = {}
        self._adding = threading.Lock()
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "pinline_requests", "Answered requests", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "pinline_request_seconds", "Time to answer", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self._calls = Counter(
            "pinline_portal_calls", "Requests to portals", ["method", "outcome"], registry=self._registry
        )
        self._call_seconds = Histogram(
            "pinline_portal_call_seconds",
            "Time of a portal's answer",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_Network(network))

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is the rule, not the address."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def called(self, record: CallRecord) -> None:
        """Count one request to a portal."""
        self._calls.labels(record.method, record.outcome).inc()
        self._call_seconds.observe(record.duration_ms / 1000)

    def text(self) -> bytes:
        """The figures of all workers in Prometheus' text format. Raises `SharedStoreDown`."""
        if self._totals is None:
            return generate_latest(self._registry)
        whole = CollectorRegistry()
        whole.register(_Summed(self._registry, self.share()))
        return generate_latest(whole)

    def share(self) -> dict[str, float]:
        """Add what was counted here since the last time to the sums. Raises `SharedStoreDown`."""
        if self._totals is None:
            return {}
        with self._adding:
            now = dict(_counted(self._registry))
            known = self._added
            news = {name: now[name] - known.get(name, 0.0) for name in now if known.get(name) != now[name]}
            sums = self._totals.add(news)
            self._added = now
        return sums


def _counted(registry: CollectorRegistry) -> Iterator[tuple[str, float]]:
    """Every counter and bucket with its labels, as a name for the sums."""
    for metric in registry.collect():
        for sample in metric.samples:
            if not sample.name.endswith("_created"):
                yield msgspec.json.encode([sample.name, sorted(sample.labels.items())]).decode(), sample.value


class _Summed(Collector):
    """What `known` counts, with the sums in place of its own values."""

    def __init__(self, known: CollectorRegistry, sums: Mapping[str, float]) -> None:
        self._known = known
        self._sums = [(*msgspec.json.decode(name), value) for name, value in sums.items()]

    def collect(self) -> Iterable[Metric]:
        """The same families in the same order, buckets from small to large."""
        for metric in self._known.collect():
            names = {metric.name + suffix for suffix in _SUFFIXES}
            whole = Metric(metric.name, metric.documentation, metric.type)
            for name, labels, value in sorted(self._sums, key=_place):
                if name in names:
                    whole.add_sample(name, dict(labels), value)
            yield whole


def _place(row: tuple[str, list[list[str]], float]) -> tuple[list[list[str]], str, float]:
    """What has the same labels stands together."""
    name, labels, _ = row
    upper = next((float(value) for label, value in labels if label == "le"), 0.0)
    return [pair for pair in labels if pair[0] != "le"], name, upper


class _Network(Collector):
    """Counters that the network keeps itself, read when they are asked for."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats

    def collect(self) -> Iterable[Metric]:
        """Requests sent and connections opened: their ratio shows whether connections are reused."""
        requests, connections = self._stats()[:2]
        yield CounterMetricFamily("pinline_network_requests", "Requests sent", value=requests)
        yield CounterMetricFamily("pinline_network_connections", "Connections opened", value=connections)
