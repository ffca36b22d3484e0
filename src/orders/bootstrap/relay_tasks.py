"""What a relay does now and then beside its sweeps."""

from collections.abc import Sequence
from datetime import timedelta

from orders.adapters.inbound.periodic import Periodic
from orders.bootstrap.container.container import Container

OUTBOX_AGE_INTERVAL = timedelta(seconds=15)
"""Several within the minute that the alarm reckons with: one read of the table's index for each shard."""


def relay_tasks(container: Container) -> Sequence[Periodic]:
    """Builds the periodic tasks that run beside the relay's loop."""
    work = container.use_cases().watch_outbox().execute
    # A look that hangs must not keep the gauge at its last value.
    return (Periodic("age of the outbox", work, OUTBOX_AGE_INTERVAL, at_most=OUTBOX_AGE_INTERVAL),)
