"""Prometheus metrics of the whole node: each process writes to files that the API process sums up for /metrics.

The supervisor sets PROMETHEUS_MULTIPROC_DIR before a role starts; without it (tests) a process shows its own.
"""

from __future__ import annotations

import os

from prometheus_client import REGISTRY as _OWN
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

HTTP_REQUESTS = Counter("cordboard_http_requests_total", "HTTP requests by route and status.", ["route", "status"])
HTTP_SECONDS = Histogram(
    "cordboard_http_seconds",
    "Time to answer by route.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
MESSAGES = Counter("cordboard_messages_total", "Messages by direction and outcome.", ["direction", "outcome"])
SUBMITS = Counter("cordboard_submits_total", "Segments submitted by carrier and outcome.", ["carrier", "outcome"])
RECEIPTS = Counter("cordboard_receipts_total", "Delivery receipts by carrier and state.", ["carrier", "state"])
CARRIER_BOUND = Gauge(
    "cordboard_carrier_bound", "1 while a bind is up.", ["carrier", "bind"], multiprocess_mode="livesum"
)
CARRIER_WINDOW = Gauge(
    "cordboard_carrier_outstanding", "Unanswered submits.", ["carrier", "bind"], multiprocess_mode="livesum"
)
DELIVERIES = Counter("cordboard_webhook_deliveries_total", "Webhook attempts by outcome.", ["outcome"])
CALLS_LIVE = Gauge("cordboard_calls_live", "Parties on the line.", multiprocess_mode="livesum")
SIP = Gauge("cordboard_sip", "Figures of the SIP agent, by name.", ["figure"], multiprocess_mode="livesum")
MEDIA = Gauge(
    "cordboard_media",
    "Figures of media engines, by engine and name.",
    ["engine", "figure"],
    multiprocess_mode="livemax",
)
QUEUE_DEPTH = Gauge("cordboard_queue_depth", "Rows that wait, by queue.", ["queue"], multiprocess_mode="mostrecent")


def render() -> bytes:
    """The text of /metrics."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(_OWN)
