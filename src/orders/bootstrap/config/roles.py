"""The roles that a process of this image can have, and which of them read a setting."""

from enum import StrEnum

from pydantic.fields import FieldInfo


class Role(StrEnum):
    """Names the part of the service that a process is; workers are named as in ``topology.yaml``."""

    API = "api"
    RECORD_CREATOR = "record-creator"
    PDF_CREATOR = "pdf-creator"
    INTERNAL_NOTIFIER = "internal-notifier"
    CUSTOMER_NOTIFIER = "customer-notifier"
    EVENT_PROCESSOR = "event-processor"
    MAIL_FEEDBACK = "mail-feedback"
    RELAY = "relay"
    OPERATOR = "operator"
    """Every command that ends by itself: dead letters, replay, templates, tokens, smoke tests and the like."""
    LOCAL = "local"
    """``orders dev``, which is API, workers and relay in one process."""


NOTIFIERS = frozenset({Role.INTERNAL_NOTIFIER, Role.CUSTOMER_NOTIFIER})
WORKERS = NOTIFIERS | {Role.RECORD_CREATOR, Role.PDF_CREATOR, Role.EVENT_PROCESSOR, Role.MAIL_FEEDBACK}
WRITERS = WORKERS | {Role.API, Role.RELAY}
"""Roles of the service itself, which change orders, events or mails."""


class ReadBy:
    """Marks a setting with the roles that read it; ``orders dev`` reads what any part of it does."""

    def __init__(self, *roles: Role) -> None:
        found = frozenset(roles)
        self.roles = found | {Role.LOCAL} if found & WRITERS else found


EVERY_ROLE = ReadBy(*Role)
EVERY_WRITER = ReadBy(*WRITERS)
EVERY_WORKER = ReadBy(*WORKERS)
API_ONLY = ReadBy(Role.API)
API_AND_RECORD_CREATOR = ReadBy(Role.API, Role.RECORD_CREATOR)
NOTIFIERS_ONLY = ReadBy(*NOTIFIERS)
RELAY_ONLY = ReadBy(Role.RELAY)
RENDERING = ReadBy(Role.PDF_CREATOR, Role.OPERATOR)
COMPOSING = ReadBy(Role.PDF_CREATOR, *NOTIFIERS, Role.OPERATOR)
OPERATOR_ONLY = ReadBy(Role.OPERATOR)
LOCAL_ONLY = ReadBy(Role.LOCAL)


def readers(field: FieldInfo) -> frozenset[Role]:
    """Returns the roles that read a setting; none if it has no mark, which a test refuses."""
    return next((mark.roles for mark in field.metadata if isinstance(mark, ReadBy)), frozenset())
