"""OpenTelemetry traces, sent only where an OTLP endpoint is set; without one a span costs next to nothing."""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

TRACER = trace.get_tracer("cordboard")


def configure(endpoint: str, role: str) -> None:
    """Sends this process's spans to the OTLP/HTTP `endpoint` (such as http://host:4318/v1/traces); empty: nowhere."""
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    provider = TracerProvider(resource=Resource.create({"service.name": "cordboard", "cordboard.role": role}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
