"""What Route 53's health checkers see. Contract: ports/health_checkers.py."""

from collections.abc import Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import kind_of, translated
from orders.ports.errors import PermanentPortError
from orders.ports.health_checkers import CheckersView

_DEPENDENCY = "Route 53"


class Route53Client(Protocol):
    """The part of Route 53's client that is used."""

    async def get_health_check_status(self, **parameters: Any) -> Any:
        """See https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHealthCheckStatus.html"""
        ...


class Route53HealthCheckers:
    """``HealthCheckers`` by the last report of each checker."""

    def __init__(self, client: Route53Client, checks: Mapping[str, str]) -> None:
        """``checks`` are the ids of the health checks by region."""
        self._client = client
        self._checks = checks

    async def view(self, region: str) -> CheckersView | None:
        """See ``HealthCheckers.view``."""
        if region not in self._checks:
            return None
        try:
            with translated(_DEPENDENCY):
                answer = await self._client.get_health_check_status(HealthCheckId=self._checks[region])
        except (BotoCoreError, ClientError) as error:
            raise PermanentPortError(_DEPENDENCY, f"{region}'s health check: {kind_of(error)}") from error
        reports = [each["StatusReport"]["Status"] for each in answer["HealthCheckObservations"]]
        # A report's text begins with "Success" or "Failure".
        return CheckersView(sum(report.startswith("Success") for report in reports), len(reports))
