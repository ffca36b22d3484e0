"""Documents in a dictionary. Contract: ports/documents.py."""

from datetime import timedelta
from urllib.parse import quote

from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.documents import MAX_LINK_LIFETIME
from orders.ports.errors import DocumentMissing, TransientPortError
from orders.ports.lease import WriterLease


class MemoryDocumentStore:
    """``DocumentStore`` and ``DocumentVersions`` in memory; set ``reachable`` to false for an outage.

    ``lease`` is that of whoever writes.

    Attributes:
        documents: readable documents by key.
        versions: every version ever put, with its key, as in a bucket with versioning.
    """

    def __init__(self, lease: WriterLease | None = None) -> None:
        self._lease: WriterLease = lease or AlwaysWriter()
        self.documents: dict[str, bytes] = {}
        self.versions: list[tuple[str, bytes]] = []
        self.reachable = True

    async def put(self, key: str, pdf: bytes) -> None:
        """See ``DocumentStore.put``."""
        self._lease.check()
        self._reach()
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

    def _reach(self) -> None:
        if not self.reachable:
            raise TransientPortError("documents bucket", "out of reach")
