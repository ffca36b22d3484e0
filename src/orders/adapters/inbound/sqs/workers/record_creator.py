"""The record-creator: places orders accepted over HTTP, and orders that other services queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.worker import Message, QueueWorker
from orders.adapters.privacy.masking import as_name
from orders.adapters.trace_context import passed_on
from orders.adapters.wire import json_body
from orders.adapters.wire.card_redaction import without_cards
from orders.adapters.wire.fields import Key
from orders.adapters.wire.fingerprint import fingerprint
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.adapters.wire.off_loop import off_loop
from orders.adapters.wire.parsing import InvalidBody, pointer_in, validate
from orders.adapters.wire.requests import CreateOrderBody
from orders.application.orders.accept_order import PlaceAccepted
from orders.application.orders.place_queued import PlaceQueued, QueuedOrder
from orders.contracts.commands import CREATE_ORDER, PLACE_ACCEPTED
from orders.domain.identity import ORDER_ID_PATTERN

ANY = "*"
_PLACED = KeyedAnswer(201).encode()
"""The stored response of a queued order: HTTP's status without a body, so that all stored responses have one form."""
_Model = TypeVar("_Model", bound=BaseModel)
OrderId = Annotated[str, StringConstraints(pattern=ORDER_ID_PATTERN)]
TraceParent = Annotated[str, StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]


class PlaceAcceptedCommand(BaseModel):
    """An order that the API has accepted and stored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    command: Literal["place-accepted-order"]
    tenant_id: Key
    order_id: OrderId
    traceparent: str | None = None


class CreateOrderCommand(BaseModel):
    """Creates an order for another service; ``order`` is the body that ``POST /v1.0/orders`` takes.

    ``idempotency_key`` or ``order_id`` identifies the order: a repeated command changes nothing. Senders that speak for
    one tenant may omit ``tenant_id``.
    """

    # Unknown members of the command are ignored, since later releases of senders may add some; those of the order are
    # refused.
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    command: Literal["create-order"]
    tenant_id: Key | None = None
    idempotency_key: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")] | None = None
    order_id: OrderId | None = None
    traceparent: TraceParent | None = None
    order: CreateOrderBody = Field(repr=False)

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.idempotency_key is None) == (self.order_id is None):
            raise ValueError("give either idempotency_key or order_id")
        return self


@dataclass(frozen=True, slots=True)
class Senders:
    """Maps senders of orders to the tenants that they speak for.

    Attributes:
        tenants: by SQS's sender id: the unique id of a role, a user or an account. The tenant ``*`` stands for any,
            which the message then names; the sender ``*`` for all that are not listed.
    """

    tenants: Mapping[str, str]

    def may_forward(self, sender: str) -> bool:
        """Returns true if the sender speaks for any tenant, and so is trusted to name a message's original sender."""
        return self._allowed(sender) == ANY

    def tenant(self, sender: str, named: str | None) -> str:
        """Returns the tenant of the sender's message. Raises: MessageRefused."""
        allowed = self._allowed(sender)
        if allowed is None:
            raise MessageRefused(
                f"its sender {as_name(sender.partition(':')[0])} is not known: name it and its tenant in ORDER_SENDERS"
            )
        tenant = named if allowed == ANY else allowed
        if tenant is None:
            raise MessageRefused("its sender speaks for several tenants: the message has to say tenant_id")
        if named not in {None, tenant}:
            raise MessageRefused(f"its sender speaks for {tenant}, and the message is for {named}")
        return tenant

    def _allowed(self, sender: str) -> str | None:
        return self.tenants.get(sender.partition(":")[0], self.tenants.get(ANY))


class RecordCreator(QueueWorker):
    """Places the orders that arrive on the order-creation queue."""

    name = "record-creator"

    def __init__(self, place_accepted: PlaceAccepted, place_queued: PlaceQueued, senders: Senders) -> None:
        self._place_accepted = place_accepted
        self._place_queued = place_queued
        self.senders = senders

    def decode_body(self, body: str) -> dict[str, Any]:
        """Decodes a body as strictly as HTTP does, keeping decimals exact. Raises: MessageRefused."""
        try:
            content = json_body.decode(body.encode())
        except json_body.MalformedJson as error:
            raise MessageRefused(str(error)) from None
        return content if isinstance(content, dict) else {}

    def redact(self, body: str) -> str:
        """Removes card numbers."""
        return without_cards(body)

    async def handle(self, message: Message) -> None:
        """Handles one message. Raises: MessageRefused, and as ``PlaceAccepted`` and ``PlaceQueued``."""
        command = message.content.get("command")
        if command == PLACE_ACCEPTED:
            accepted = _validated(PlaceAcceptedCommand, message.content)
            await self._place_accepted.execute(accepted.tenant_id, accepted.order_id)
        elif command == CREATE_ORDER:
            create = await off_loop(message.size_bytes, lambda: _validated(CreateOrderCommand, message.content))
            await self._create(message, create)
        else:
            raise MessageRefused(
                f"it is none of the commands {PLACE_ACCEPTED}, {CREATE_ORDER}: command is {as_name(str(command))}"
            )

    async def _create(self, message: Message, command: CreateOrderCommand) -> None:
        order = message.content["order"]
        await self._place_queued.execute(
            QueuedOrder(
                tenant_id=self.senders.tenant(message.author, command.tenant_id),
                sender=message.author.partition(":")[0] or "unknown",
                draft=command.order.to_draft(),
                fingerprint=await off_loop(message.size_bytes, lambda: fingerprint(order)),
                answer=_PLACED,
                idempotency_key=command.idempotency_key,
                order_id=command.order_id,
                traceparent=passed_on(command.traceparent),
            )
        )


def _validated(model: type[_Model], body: Any) -> _Model:
    try:
        return validate(model, body)
    except InvalidBody as error:
        # Without the values: reasons are logged, and shown to operators.
        listed = "; ".join(f"{pointer_in(model, fault) or 'it'}: {fault['msg']}" for fault in error.errors[:5])
        raise MessageRefused(f"not a {body['command']} command: {listed}") from None
