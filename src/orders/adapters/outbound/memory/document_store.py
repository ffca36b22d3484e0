"""Documents in a dictionary. Contract: ports/documents.py."""

from datetime import datetime, timedelta
from urllib.parse import quote

from orders.adapters.machine_clock import MachineClock
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.clock import Clock
from orders.ports.documents import MAX_LINK_LIFETIME
from orders.ports.errors import DocumentMissing, TransientPortError
from orders.ports.lease import WriterLease
from orders.ports.retention import document_days


class MemoryDocumentStore:
    """``DocumentStore`` and ``DocumentVersions`` in memory; set ``reachable`` to false for an outage.

    ``lease`` is that of whoever writes.

    Attributes:
        documents: readable documents by key.
        versions: every version ever put, with its key, as in a bucket with versioning.
        expiries: when documents go with their orders, by key.
    """

    def __init__(self, lease: WriterLease | None = None, clock: Clock | None = None) -> None:
        """``clock`` tells the age of documents, by default the machine's."""
        self._lease: WriterLease = lease or AlwaysWriter()
        self._clock = clock or MachineClock()
        self.expiries: dict[str, datetime] = {}
        self.documents: dict[str, bytes] = {}
        self.versions: list[tuple[str, bytes]] = []
        self.reachable = True

    async def put(self, key: str, pdf: bytes, *, expires_at: datetime | None = None) -> None:
        """See ``DocumentStore.put``."""
        self._lease.check()
        self._reach()
        if expires_at is not None and document_days(self._clock.now(), expires_at) is None:
            return
        self.expiries.pop(key, None)
        if expires_at is not None:
            self.expiries[key] = expires_at
        self.documents[key] = pdf
        self.versions.append((key, pdf))

    async def get(self, key: str) -> bytes:
        """See ``DocumentStore.get``."""
        self._reach()
        try:
            return self.documents[key]
        except KeyError:
            raise DocumentMissing(key) from None

    async def exists(self, key: str) -> bool:
        """See ``DocumentStore.exists``."""
        self._reach()
        return key in self.documents

    async def link(self, key: str, *, valid_for: timedelta, filename: str) -> str:
        """See ``DocumentStore.link``; returns ``https://documents.invalid/key?filename=...&seconds=...``.

        Raises:
            ValueError: ``valid_for`` is longer than five minutes or not positive.
        """
        self._reach()
        if not timedelta(seconds=1) <= valid_for <= MAX_LINK_LIFETIME:
            raise ValueError(f"a link is valid for 1 s to {MAX_LINK_LIFETIME}, not {valid_for}")
        return (
            f"https://documents.invalid/{quote(key)}?filename={quote(filename)}&seconds={valid_for.total_seconds():.0f}"
        )

    async def purge(self, folder: str, *, keep: str | None = None) -> None:
        """See ``DocumentVersions.purge``."""
        self._lease.check()
        self._reach()

        def stays(key: str) -> bool:
            return key == keep or not key.startswith(folder)

        self.documents = {key: pdf for key, pdf in self.documents.items() if stays(key)}
        self.versions = [(key, pdf) for key, pdf in self.versions if stays(key)]

    async def date_anew(self, folder: str, expires_at: datetime) -> int:
        """See ``DocumentVersions.date_anew``."""
        self._lease.check()
        self._reach()
        if document_days(self._clock.now(), expires_at) is None:
            return 0
        old = [key for key in self.documents if key.startswith(folder) and self.expiries.get(key) != expires_at]
        for key in old:
            self.versions.append((key, self.documents[key]))
            self.expiries[key] = expires_at
        return len(old)

    def _reach(self) -> None:
        if not self.reachable:
            raise TransientPortError("documents bucket", "out of reach")
