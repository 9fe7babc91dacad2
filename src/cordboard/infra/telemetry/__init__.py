"""Logs, metrics, traces and the request id that ties them together."""
