"""Makes up series for pictures of dashboards: the same for the same metric, in the size that such a metric has."""

import hashlib
import math
from collections.abc import Mapping, Sequence

from tools.metric_math import Series

POINTS = 61
SIZES: Mapping[str, tuple[float, float]] = {
    "requests": (11_800, 0.1),
    "errors": (6, 0.9),
    "throttled_requests": (3, 0.9),
    "request_seconds": (0.4, 0.3),
    "RunningTaskCount": (4, 0.0),
    "ApproximateAgeOfOldestMessage": (9, 0.8),
    "ApproximateNumberOfMessagesVisible": (14, 0.9),
    "events_published": (480, 0.2),
    "event_publication_failures": (1, 1.0),
    "InvocationsSentToDlq": (0.1, 1.0),
    "oldest_unpublished_event_seconds": (4, 0.9),
    "orders_created": (160, 0.2),
    "orders_completed": (140, 0.2),
    "orders_processed": (158, 0.2),
    "order_processing_failures": (0.3, 1.0),
    "message_seconds": (1.4, 0.3),
    "mails": (120, 0.4),
    "mail_daily_quota_used": (0.5, 0.02),
    "unreadable_items": (0.2, 1.0),
    "audit_records_lost": (0.1, 1.0),
    "template_fallbacks": (0.5, 1.0),
    "revenue": (42_000, 0.2),
    "EstimatedCharges": (1_400, 0.0),
    "ConsumedReadCapacityUnits": (9_000, 0.2),
    "ConsumedWriteCapacityUnits": (4_000, 0.2),
    "ReadThrottleEvents": (0.1, 1.0),
    "WriteThrottleEvents": (0.2, 1.0),
}
"""About how large a metric's values are, and by what share they vary."""
FEW = 20
"""Below this what is counted is whole, and often nothing."""
FRACTIONS = ("_seconds", "_used")


def made_up(line: Sequence[str], *, at_home: bool) -> Series:
    """Returns a series for a metric's namespace, name and dimensions, in the first region or the second."""
    size, share = SIZES[line[1]]
    if not at_home:
        # The second region stands by.
        size /= 50
    seed = hashlib.sha256("|".join([*line, str(at_home)]).encode()).digest()
    if "dlq" in " ".join(line):
        size = 0.15
    size *= 0.6 + seed[0] / 320
    found = []
    for place in range(POINTS):
        noise = hashlib.sha256(seed + bytes([place])).digest()[0] / 255
        wave = math.sin((place + seed[1]) / 9)
        value = size * (1 + share * (0.5 * wave + noise - 0.5))
        found.append(max(0.0, value if line[1].endswith(FRACTIONS) or size > FEW else float(round(value))))
    if line[1] == "EstimatedCharges":
        return tuple(size * (place % 30) / 30 for place in range(POINTS))
    return tuple(found)
