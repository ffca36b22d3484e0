"""A shop's profile as it lies in the templates bucket: ``tenants/{tenant}/profile.json``."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from orders.adapters.outbound.aws.mail_message import envelope_address
from orders.domain.currencies import Currency
from orders.domain.errors import UnknownCurrency
from orders.ports.errors import MailRejected
from orders.ports.tenants import TenantProfile

MAX_PROFILE_BYTES = 1024 * 1024

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class BrokenProfile(Exception):
    """A profile file is not what it should be; the message names everything that is wrong, without values."""


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("no line breaks or other control characters")
    return text


def _known_currency(code: str) -> str:
    try:
        return Currency.of(code).code
    except UnknownCurrency as error:
        raise ValueError(str(error)) from None


def _mail_address(text: str) -> str:
    try:
        return envelope_address(text)
    except MailRejected:
        raise ValueError("not an address that mail can be sent to") from None


_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)
]
_EmailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(_mail_address)]


class ProfileFile(BaseModel):
    """Everything a profile file may say. ``name`` is all that it must."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: _Text
    currency: Annotated[str, AfterValidator(_known_currency)] = "ZAR"
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    staff_addresses: Annotated[tuple[_EmailAddress, ...], Field(max_length=50)] = ()
    reply_to: _EmailAddress | None = None
    website: Annotated[_Text, StringConstraints(pattern=r"^https?://")] | None = None
    phone: _Text | None = None
    address: Annotated[tuple[_Text, ...], Field(max_length=10)] = ()
    tax_number: _Text | None = None
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#1f4f82"
    logo: Annotated[str, StringConstraints(pattern=r"^data:image/(png|jpeg|svg\+xml)[;,]")] | None = None

    def to_profile(self, tenant_id: str) -> TenantProfile:
        """The same as the ports know it."""
        return TenantProfile(tenant_id=tenant_id, **self.model_dump())


def parse_profile(content: bytes, *, tenant_id: str) -> TenantProfile:
    """The profile that a file gives. Raises: BrokenProfile."""
    if len(content) > MAX_PROFILE_BYTES:
        raise BrokenProfile(f"{len(content)} bytes; at most {MAX_PROFILE_BYTES} are read")
    try:
        return ProfileFile.model_validate_json(content).to_profile(tenant_id)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise BrokenProfile("; ".join(_described(fault["loc"], fault["msg"]) for fault in faults)) from None


def _described(location: tuple[Any, ...], message: str) -> str:
    place = ".".join(str(step) for step in location)
    return f"{place}: {message}" if place else message
