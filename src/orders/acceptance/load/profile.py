"""What a load test does: its mix of operations, its phases, and the levels that the service is held to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """The operations of a load test."""

    CREATE = "create"
    STATUS = "status"
    GET = "get"
    LIST = "list"


class Phase(StrEnum):
    """The parts of a load test, in their order."""

    STEADY = "steady"
    RAMP = "ramp"
    USERS = "users"
    ONE_KEY = "one-key"


LEVELS: Mapping[Kind, float] = MappingProxyType({Kind.CREATE: 2.0, Kind.STATUS: 1.0, Kind.GET: 0.5, Kind.LIST: 0.5})
"""The service's levels: 95th percentiles in seconds. ``deploy/environments.yaml`` has the same."""
MAX_ERROR_RATE = 0.001
MIN_DELIVERY = 0.999
"""Orders whose document and mails are there in time, over all that were accepted."""

FAILING_ERROR_RATE = 0.05
FAILING_CREATE_SECONDS = 3.0
"""Where a ramp ends: the same figures that make a release go back."""


class WrongMix(ValueError):
    """A mix that can't be read; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of the operations, which need not add up to anything."""

    shares: Mapping[Kind, float]

    @staticmethod
    def parse(text: str) -> "Mix":
        """Parses ``get=60,list=25,status=12,create=3``. Raises: WrongMix."""
        shares: dict[Kind, float] = {}
        for part in text.split(","):
            name, _, share = part.strip().partition("=")
            try:
                shares[Kind(name)] = float(share)
            except ValueError:
                known = ", ".join(Kind)
                raise WrongMix(f"{part.strip()!r} is no share such as get=60; operations are {known}") from None
        if not all(0 <= share < float("inf") for share in shares.values()) or sum(shares.values()) <= 0:
            raise WrongMix(f"{text!r}: shares are numbers from 0, and one of them is above it")
        return Mix(MappingProxyType(shares))

    def __str__(self) -> str:
        return ",".join(f"{kind}={share:g}" for kind, share in self.shares.items())


@dataclass(frozen=True, slots=True)
class Profile:
    """A load test as it is asked for.

    Attributes:
        rate: requests a second of the steady phase, and where the ramp begins.
        minutes: duration of the steady phase.
        ramp_step: requests a second that each step of the ramp adds.
        ramp_step_seconds, max_rate: duration of a step, and the rate at which the ramp ends unbroken.
        users: numbers of users who each send one request after the other.
        users_seconds: duration for each number.
        at_once: creates sent at once under one idempotency key.
        first_orders: orders placed before anything is measured, so that there is something to read.
        within_seconds: time limit for documents and mails after the load.
    """

    phases: tuple[Phase, ...] = tuple(Phase)
    mix: Mix = field(default_factory=lambda: Mix.parse("get=60,list=25,status=12,create=3"))
    rate: float = 200.0
    minutes: float = 15.0
    ramp_step: float = 50.0
    ramp_step_seconds: float = 30.0
    max_rate: float = 5_000.0
    users: tuple[int, ...] = (10, 100, 1_000)
    users_seconds: float = 30.0
    at_once: int = 50
    first_orders: int = 20
    within_seconds: float = 300.0
