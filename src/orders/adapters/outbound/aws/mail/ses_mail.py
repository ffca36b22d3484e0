"""Sends mails through SES, by ``SendRawEmail`` of its version 1 API: not all emulators have version 2."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from botocore.exceptions import ClientError

from orders.adapters.outbound.aws.mail.mail_message import build_mime, envelope_address
from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.adapters.privacy.masking import mask_text
from orders.adapters.within_lease import within_lease
from orders.ports.errors import MailRejected, PortError, QuotaReached, TransientPortError
from orders.ports.lease import WriterLease
from orders.ports.mail import Mail

if TYPE_CHECKING:
    from types_aiobotocore_ses import SESClient
    from types_aiobotocore_ses.type_defs import SendRawEmailRequestTypeDef

DEPENDENCY = "mail service"
MAX_MESSAGE_BYTES = 10 * 1024 * 1024
"""SES's default limit of a raw message, attachments encoded."""

_SET_UP_WRONGLY = frozenset(
    {
        "AccountSendingPausedException",
        "ConfigurationSetDoesNotExist",
        "ConfigurationSetDoesNotExistException",
        "ConfigurationSetSendingPausedException",
        "MailFromDomainNotVerified",
        "MailFromDomainNotVerifiedException",
    }
)
"""Errors that every mail gets until an operator fixes the account: mails wait, and none is given up."""

_RAW = "RawMessage.Data"
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "LimitExceededException"})
_DAILY = re.compile(r"\bdaily\b.*\bquota\b", re.IGNORECASE)
_REFUSED = frozenset({"MessageRejected", "InvalidParameterValue"})


def _utc_now() -> datetime:
    return datetime.now(UTC)


def quicken(client: "SESClient") -> None:
    """Lets a client write its forms itself: botocore takes a seventh of a notifier's CPU to escape mails in base64."""
    client.meta.events.register("before-call.ses.SendRawEmail", _write_form)


def _write_form(params: dict[str, Any], **_: object) -> None:
    """Replaces a request's parameters by their form, with the bytes that botocore would make of them."""
    params["body"] = form_of(params["body"]).encode("ascii")


def form_of(members: Mapping[str, str]) -> str:
    """Returns the form (``application/x-www-form-urlencoded``) of a raw mail's request."""
    return "&".join(
        f"{quote_plus(name)}={_escaped(value) if name == _RAW else quote_plus(value)}"
        for name, value in members.items()
    )


def _escaped(base64: str) -> str:
    """Escapes base64 (RFC 4648, section 4): three of its characters can't be in a form as they are."""
    return base64.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


class SesMailSender:
    """``MailSender`` on SES."""

    def __init__(
        self,
        client: "SESClient",
        from_address: str,
        lease: WriterLease,
        configuration_set: str | None = None,
        *,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """``from_address`` is the service's own, verified with SES; ``now`` gives the mails' date."""
        self._client = client
        self._from_address = from_address
        self._lease = lease
        self._configuration_set = configuration_set
        self._now = now

    async def send(self, mail: Mail) -> str:
        """See ``MailSender.send``."""
        message = build_mime(mail, from_address=self._from_address, date=self._now()).as_bytes()
        if len(message) > MAX_MESSAGE_BYTES:
            raise MailRejected(f"the mail takes {len(message)} bytes; the mail service takes {MAX_MESSAGE_BYTES}")
        request: SendRawEmailRequestTypeDef = {
            "Source": self._from_address,
            # Explicit destinations: headers can't add recipients.
            "Destinations": [envelope_address(mail.recipient)],
            "RawMessage": {"Data": message},
        }
        if self._configuration_set is not None:
            request["ConfigurationSetName"] = self._configuration_set
        with translated(DEPENDENCY):
            try:
                response = await within_lease(self._lease, DEPENDENCY, lambda: self._client.send_raw_email(**request))
            except ClientError as error:
                refusal = self._refusal(error)
                if refusal is None:
                    raise
                raise refusal from error
        return response["MessageId"]

    def _refusal(self, error: ClientError) -> PortError | None:
        """Translates an SES error; ``None`` for errors that are not specific to SES."""
        code = error_code(error)
        message = error.response.get("Error", {}).get("Message", "")
        if code in _THROTTLED:
            # One code for "Maximum sending rate exceeded." and "Daily message quota exceeded.":
            # https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
            if _DAILY.search(message):
                return QuotaReached(DEPENDENCY, message)
            return TransientPortError(DEPENDENCY, message or code, throttled=True)
        # In the sandbox SES refuses unverified recipients by the same code as an unverified sender.
        unverified_sender = code == "MessageRejected" and self._from_address.lower() in message.lower()
        if code in _SET_UP_WRONGLY or unverified_sender:
            return TransientPortError(DEPENDENCY, f"{code}: {mask_text(message)}")
        if code in _REFUSED:
            # This text goes to logs and histories: the recipient is left out.
            return MailRejected(f"{code}: {mask_text(message)}")
        return None
