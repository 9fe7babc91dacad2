"""Metrics of several processes shown as one, and traces that leave the process: both are set up once a process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cordboard.infra.telemetry import metrics

_COUNT = """
import sys
from cordboard.infra.telemetry import metrics
metrics.MESSAGES.labels("outbound", "sent").inc(int(sys.argv[1]))
metrics.HTTP_SECONDS.labels("/v4/sms").observe(0.003)
metrics.QUEUE_DEPTH.labels("jobs").set(int(sys.argv[1]))
"""
_RENDER = "from cordboard.infra.telemetry import metrics; print(metrics.render().decode())"
_TRACE = """
import sys
from cordboard.infra.telemetry import traces
traces.configure(sys.argv[1], "worker")
with traces.TRACER.start_as_current_span("probe-span"):
    pass
"""


def run(code: str, *arguments: str, folder: Path | None = None) -> str:
    """A process of its own, as the supervisor starts its roles."""
    extra = {"PROMETHEUS_MULTIPROC_DIR": str(folder)} if folder else {}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env={**os.environ, **extra}, check=True, capture_output=True, text=True)
    return done.stdout


def test_the_processes_of_a_node_are_summed_up(tmp_path: Path) -> None:
    for number in ("3", "4"):
        run(_COUNT, number, folder=tmp_path)
    text = run(_RENDER, folder=tmp_path)
    assert 'cordboard_messages_total{direction="outbound",outcome="sent"} 7.0' in text
    assert 'cordboard_http_seconds_bucket{le="0.005",route="/v4/sms"} 2.0' in text
    assert 'cordboard_queue_depth{queue="jobs"} 4.0' in text


def test_a_process_by_itself_shows_its_own() -> None:
    metrics.SUBMITS.labels("alone", "accepted").inc()
    assert b'cordboard_submits_total{carrier="alone",outcome="accepted"} 1.0' in metrics.render()


def test_spans_go_to_the_endpoint_and_nowhere_without_one() -> None:
    bodies: list[tuple[str, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        """Takes OTLP/HTTP."""

        def do_POST(self) -> None:
            """Notes path and body."""
            bodies.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        run(_TRACE, "")
        assert bodies == []
        run(_TRACE, f"http://127.0.0.1:{server.server_port}/v1/traces")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    ((path, body),) = bodies
    assert path == "/v1/traces"
    assert b"probe-span" in body
    assert b"worker" in body
