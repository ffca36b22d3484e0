"""Parses message bodies: events of this and other services, as the bus or a topic wraps them, and commands.

Unknown members of events are ignored, since other services may add some; those in use are validated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from orders.adapters.privacy.masking import as_name
from orders.adapters.trace_context import passed_on
from orders.contracts.cloud_event import EVENT_SOURCE, event_type
from orders.contracts.message_text import parse_text
from orders.domain.events import EventType
from orders.domain.identity import KEY_PATTERN, ORDER_ID_PATTERN

_Model = TypeVar("_Model", bound=BaseModel)


class MessageRefused(Exception):
    """The message can't be handled, however often it is tried.

    Attributes:
        reason: what is wrong with it.
        kept: its redacted body for the dead-letter queue; ``None`` for the original.
    """

    def __init__(self, reason: str, *, kept: str | None = None) -> None:
        self.reason = reason
        self.kept = kept
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class BusMessage:
    """An event of any source as EventBridge delivers it.

    Attributes:
        id: the bus's own id; an event put twice has two.
        type: ``detail-type``.
    """

    id: str
    source: str
    type: str
    at: datetime
    detail: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrderEventMessage:
    """One of this service's own events, delivered by the bus.

    Attributes:
        event_id: unchanged when the event is delivered again.
        replayed: the event was replayed from the event log.
        mails: the event triggers mails; a replayed one only if the replay asked for them.
    """

    type: EventType
    tenant_id: str
    order_id: str
    sequence: int
    version: int
    event_id: str
    time: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    traceparent: str | None = None
    replayed: bool = False
    mails: bool = True


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is out of range") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with an offset, converted to UTC."""


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Envelope(_Tolerant):
    id: str
    source: str
    detail_type: Annotated[str, Field(alias="detail-type")]
    time: Moment
    detail: dict[str, Any]


class _EventData(_Tolerant):
    tenant_id: Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
    order_id: Annotated[str, StringConstraints(pattern=ORDER_ID_PATTERN)]
    version: Annotated[int, Field(ge=1)]


class _CloudEvent(_Tolerant):
    specversion: Annotated[str, StringConstraints(pattern=r"^1\.")]
    id: Annotated[str, StringConstraints(min_length=1)]
    type: str
    time: Moment
    sequence: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
    traceparent: str | None = None
    replayed: bool = False
    replaymails: bool = False
    data: dict[str, Any]


class OrderCommand(_Tolerant):
    """A command of this service to one of its own workers, about one order.

    Unknown members are ignored: while a release is replaced, the next one sends commands to this one's workers.
    """

    command: str
    tenant_id: Annotated[str, StringConstraints(pattern=KEY_PATTERN)]
    order_id: Annotated[str, StringConstraints(pattern=ORDER_ID_PATTERN)]


def order_command(content: Mapping[str, Any], *known: str) -> OrderCommand:
    """Parses a command; ``known`` are those that the queue takes. Raises: MessageRefused."""
    try:
        command = OrderCommand.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(as_name(str(fault["loc"][0])) for fault in error.errors(include_input=False))
        raise MessageRefused(f"not a command: wrong or missing {faults}") from None
    if command.command not in known:
        there = "there is" if len(known) == 1 else "there are"
        raise MessageRefused(f"there is no command {as_name(command.command)}; {there} {', '.join(known)}")
    return command


def parse_json_object(body: str) -> dict[str, Any]:
    """Parses a body as a JSON object, taking it out of an SNS envelope if there is one. Raises: MessageRefused."""
    content = _json_object(body, "the body")
    if content.get("Type") == "Notification" and isinstance(content.get("Message"), str) and "TopicArn" in content:
        return _json_object(content["Message"], "the SNS message")
    return content


def bus_message(content: Mapping[str, Any]) -> BusMessage:
    """Parses an event as EventBridge delivers it. Raises: MessageRefused."""
    envelope = _validated(_Envelope, content, "an EventBridge event")
    return BusMessage(
        id=envelope.id,
        source=envelope.source,
        type=envelope.detail_type,
        at=envelope.time,
        detail=envelope.detail,
    )


def order_event(message: BusMessage) -> OrderEventMessage:
    """Parses one of this service's own events from the bus. Raises: MessageRefused."""
    if message.source != EVENT_SOURCE:
        raise MessageRefused(f"its source is {as_name(message.source)}, not {EVENT_SOURCE}")
    event = _validated(_CloudEvent, message.detail, "a CloudEvent")
    try:
        type_ = event_type(event.type)
    except KeyError:
        raise MessageRefused(f"{as_name(event.type)} is no type of event that is known here") from None
    data = _validated(_EventData, event.data, "an order event's data")
    return OrderEventMessage(
        type=type_,
        tenant_id=data.tenant_id,
        order_id=data.order_id,
        sequence=int(event.sequence),
        version=data.version,
        event_id=event.id,
        time=event.time,
        data=event.data,
        traceparent=passed_on(event.traceparent),
        replayed=event.replayed,
        mails=event.replaymails or not event.replayed,
    )


def _json_object(text: str, what: str) -> dict[str, Any]:
    try:
        content = parse_text(text, parse_constant=_refuse_constant)
    except ValueError as error:
        raise MessageRefused(f"{what} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise MessageRefused(f"{what} is not a JSON object but {type(content).__name__}")
    return content


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _validated(model: type[_Model], content: Mapping[str, Any], what: str) -> _Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        # Without the values: reasons are logged, and shown to operators.
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        listed = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in faults[:5])
        raise MessageRefused(f"not {what}: {listed}") from None
