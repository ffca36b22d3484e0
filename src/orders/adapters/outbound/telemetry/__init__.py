"""Telemetry by OpenTelemetry: traces and metrics, sent to a collector by OTLP. Loaded only where there is one."""
