"""Derives the edge's rules from the settings."""

from datetime import timedelta

from orders.adapters.inbound.http.middleware.edge import EdgeRules
from orders.adapters.inbound.http.middleware.rate_limit import Rate
from orders.bootstrap.config.settings import Settings


def edge_rules(settings: Settings) -> EdgeRules:
    """Returns the rules; of the rate limit, this task's share."""
    return EdgeRules(
        rate=Rate(settings.rate_limit_per_second, settings.rate_limit_burst).share(settings.api_tasks),
        request_timeout=timedelta(seconds=settings.request_timeout_seconds),
        forwarded_hops=settings.forwarded_hops,
        cors_origins=settings.cors_origins,
    )
