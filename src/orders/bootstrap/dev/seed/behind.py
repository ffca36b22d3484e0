"""Does what the seed needs beside the API: the mail service's reports, and a command that can't be carried out."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from orders.adapters.inbound.sqs.workers.mail_feedback import MailFeedbackHandler
from orders.adapters.inbound.sqs.workers.pdf_creator import PdfCreator
from orders.adapters.outbound.aws.sqs.dead_letters import SqsDeadLetterQueues
from orders.adapters.outbound.aws.sqs.document_requests import SqsDocumentRequests
from orders.adapters.outbound.botocore_errors import translated
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.operator.tools import mailboxes
from orders.bootstrap.resources.addresses import Addresses
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.contracts.mail_marks import MARK_HEADER, mark_of
from orders.ports.mail import FeedbackKind, MailReference

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class EmulatorBehind:
    """``Behind`` on the emulator's queues: messages as AWS sends them, for the workers to handle."""

    def __init__(
        self, sqs: "SQSClient", addresses: Addresses, letters: SqsDeadLetterQueues, now: Callable[[], datetime]
    ) -> None:
        self._sqs = sqs
        self._feedback_url = addresses.queues[MailFeedbackHandler.name].url
        self._requests = SqsDocumentRequests(sqs, addresses.queues[PdfCreator.name].url)
        self._letters = letters
        self._now = now

    async def report(self, mail: MailReference, kind: FeedbackKind) -> None:
        """See ``Behind.report``: an identity's notification, as emulators' mail services would send it
        (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html).
        """
        at = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        of_kind = (
            {
                "notificationType": "Bounce",
                "bounce": {"bounceType": "Permanent", "bounceSubType": "NoEmail", "timestamp": at},
            }
            if kind is FeedbackKind.BOUNCED
            else {"notificationType": "Complaint", "complaint": {"complaintFeedbackType": "abuse", "timestamp": at}}
        )
        body = of_kind | {"mail": {"headers": [{"name": MARK_HEADER, "value": mark_of(mail)}]}}
        with translated("mail-feedback queue"):
            await self._sqs.send_message(QueueUrl=self._feedback_url, MessageBody=json.dumps(body))

    async def dead_letters(self) -> int:
        """See ``Behind.dead_letters``."""
        return await self._letters.depth(PdfCreator.name)

    async def request_document(self, shop: str, order_id: str) -> None:
        """See ``Behind.request_document``."""
        await self._requests.request(shop, order_id)


async def emulator_behind(
    sqs: "SQSClient", addresses: Addresses, settings: Settings, now: Callable[[], datetime]
) -> EmulatorBehind:
    """Finds the queues. Raises: ResourcesMissing."""
    letters = SqsDeadLetterQueues(sqs, await mailboxes(sqs, packaged_topology(), settings), may_forward=None)
    return EmulatorBehind(sqs, addresses, letters, now)
