"""A mail service that only remembers."""

import re

from orders.ports.errors import MailRejected, PortError
from orders.ports.mail import Mail

_ADDRESS = re.compile(r"^[^\s@]+@[^\s@]+$")


class MemoryMailSender:
    """``MailSender`` in memory: ``sent`` holds what was accepted, in order.

    To have it fail put what the next calls are to raise into ``failures``: each call takes one, and sends when there
    is none left.

    ```
    sender.failures.append(TransientPortError("mail service", "Maximum sending rate exceeded.", throttled=True))
    sender.failures.append(MailRejected("Address blacklisted."))
    ```
    """

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.failures: list[PortError] = []

    async def send(self, mail: Mail) -> str:
        """See ``MailSender.send``."""
        if self.failures:
            raise self.failures.pop(0)
        if not _ADDRESS.fullmatch(mail.recipient):
            raise MailRejected("an address of the mail is not one that mail can be sent to")
        self.sent.append(mail)
        return f"memory-{len(self.sent)}"

    def to(self, recipient: str) -> list[Mail]:
        """The mails that an address has got."""
        return [mail for mail in self.sent if mail.recipient == recipient]
