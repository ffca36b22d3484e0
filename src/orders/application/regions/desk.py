"""The use cases of two regions that `orders dr` offers, put together."""

from dataclasses import dataclass

from orders.application.regions.confirm_alone import ConfirmAlone
from orders.application.regions.read_status import ReadStatus
from orders.application.regions.reconcile import Reconcile
from orders.application.regions.switch_writer import SwitchWriter


@dataclass(frozen=True, slots=True)
class RegionDesk:
    """Holds what an operator can do with two regions.

    Attributes:
        regions: the two, the one that the command runs for first.
    """

    regions: tuple[str, str]
    status: ReadStatus
    switch: SwitchWriter
    alone: ConfirmAlone

    def other(self, region: str) -> str:
        """Returns the other one of the two."""
        return self.regions[1] if region == self.regions[0] else self.regions[0]


@dataclass(frozen=True, slots=True)
class ReconcileDesk:
    """Reconciling, and who does it."""

    reconcile: Reconcile
    by: str
