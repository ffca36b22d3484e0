"""moto as a server in a thread of this process, with the promise that each request is atomic."""

import itertools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

from tests.support.single_writes import BATCH, answered_by_single_writes

_accounts = itertools.count(100_000_000_001)


@contextmanager
def moto_server(account: str | None = None) -> Iterator[str]:
    """Run moto; gives its address.

    moto's own ``ThreadedMotoServer`` looks at a write's condition and makes the write without a lock between: of two
    conditional updates at once both can succeed, and two queues created at once can end in its internal error.

    Each server has an account of its own: all servers of a process share moto's memory, and what one test left there
    must not be found by another. Names of buckets, which all accounts share, are free again when it stops. An account
    can be named, by who uses it alone.
    """
    account = account or f"{next(_accounts):012}"
    server = make_server(
        "127.0.0.1",
        0,
        _OneRequestAtATime(DomainDispatcherApplication(create_backend_app), account=account),
        threaded=True,
        request_handler=_SilentRequestHandler,
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for name in [name for name, (_, owner) in s3_backends.bucket_accounts.items() if owner == account]:
            del s3_backends.bucket_accounts[name]


class _OneRequestAtATime:
    # But for long polls of queues, which would hold up everybody.
    def __init__(self, application: Any, *, account: str) -> None:
        self._application = application
        self._account = account
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self._account
        if environ.get("HTTP_X_AMZ_TARGET", "") == "AmazonSQS.ReceiveMessage":
            return self._answer(environ, start_response)
        with self._lock:
            if environ.get("HTTP_X_AMZ_TARGET", "") == BATCH:
                return answered_by_single_writes(self._application, environ, start_response)
            return self._answer(environ, start_response)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer


class _SilentRequestHandler(MotoRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - the name in the class above
        """Nobody reads an access log here."""
