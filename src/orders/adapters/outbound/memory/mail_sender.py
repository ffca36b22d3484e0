"""A mail service that records mails."""

import re

from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.errors import MailRejected, PortError
from orders.ports.lease import WriterLease
from orders.ports.mail import Mail

_ADDRESS = re.compile(r"^[^\s@]+@[^\s@]+$")


class MemoryMailSender:
    """``MailSender`` in memory: ``sent`` holds the accepted mails in order.

    Errors put into ``failures`` are raised by the next calls, one each; further calls succeed.

    ```
    sender.failures.append(TransientPortError("mail service", "Maximum sending rate exceeded.", throttled=True))
    sender.failures.append(MailRejected("Address blacklisted."))
    ```
    """

    def __init__(self, lease: WriterLease | None = None) -> None:
        self._lease: WriterLease = lease or AlwaysWriter()
        self.sent: list[Mail] = []
        self.failures: list[PortError] = []

    async def send(self, mail: Mail) -> str:
        """See ``MailSender.send``."""
        self._lease.check()
        if self.failures:
            raise self.failures.pop(0)
        if not _ADDRESS.fullmatch(mail.recipient):
            raise MailRejected("an address of the mail is not one that mail can be sent to")
        self.sent.append(mail)
        return f"memory-{len(self.sent)}"

    def to(self, recipient: str) -> list[Mail]:
        """Returns the mails sent to an address."""
        return [mail for mail in self.sent if mail.recipient == recipient]
