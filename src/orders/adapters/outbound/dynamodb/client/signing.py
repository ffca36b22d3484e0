"""Signs requests to services that take JSON: AWS Signature Version 4 of one method, one path and a set of headers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"


class Identity(Protocol):
    """Access key, secret key and session token, as they are at one moment; botocore's ``ReadOnlyCredentials``."""

    @property
    def access_key(self) -> str:
        """Returns the key's public part."""

    @property
    def secret_key(self) -> str:
        """Returns the key's secret part."""

    @property
    def token(self) -> str | None:
        """Returns the token of temporary credentials."""


@dataclass(frozen=True, slots=True, repr=False)
class _SigningKey:
    """The key derived from one identity for one day."""

    secret_key: str
    day: str
    value: bytes


class RequestSigner:
    """Makes the headers that say when and by whom a request is made.

    As botocore, it goes by the machine's clock and never corrects it: a skewed one is an error of every call.

    Attributes:
        host: the header ``Host`` that is signed.
        path: the path that is signed.
        content_type: that of the bodies that are signed.
    """

    def __init__(
        self,
        region: str,
        host: str,
        path: str = "/",
        *,
        service: str = "dynamodb",
        content_type: str = "application/x-amz-json-1.0",
        now: Callable[[], float] = time.time,
    ) -> None:
        """``host`` is the ``Host`` header's value; ``now`` returns the time in seconds since 1970."""
        self.content_type = content_type
        self._service = service
        self.host, self.path = host, path
        self._region = region
        self._quoted_path = quote(path, safe="/~")
        self._now = now
        self._key = _SigningKey("", "", b"")
        self._second, self._timestamp = -1, ""

    def headers(self, identity: Identity, target: str, body: bytes) -> str:
        """Returns header lines for a body that is sent to a target, such as ``DynamoDB_20120810.GetItem``."""
        timestamp = self._time()
        day, token = timestamp[:8], identity.token
        scope = f"{day}/{self._region}/{self._service}/aws4_request"
        security = f"x-amz-security-token:{token}\n" if token else ""
        names = "content-type;host;x-amz-date;" + ("x-amz-security-token;" if token else "") + "x-amz-target"
        request = (
            f"POST\n{self._quoted_path}\n\ncontent-type:{self.content_type}\nhost:{self.host}\nx-amz-date:{timestamp}\n{security}"
            f"x-amz-target:{target}\n\n{names}\n{sha256(body).hexdigest()}"
        )
        text = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._signing_key(identity.secret_key, day), text.encode(), "sha256").hex()
        return (
            f"X-Amz-Date: {timestamp}\r\n"
            + (f"X-Amz-Security-Token: {token}\r\n" if token else "")
            + f"Authorization: {_ALGORITHM} Credential={identity.access_key}/{scope}, SignedHeaders={names}, "
            f"Signature={signature}\r\n"
        )

    def _time(self) -> str:
        second = int(self._now())
        if second != self._second:
            self._second, self._timestamp = second, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))
        return self._timestamp

    def _signing_key(self, secret_key: str, day: str) -> bytes:
        known = self._key
        if known.day != day or known.secret_key != secret_key:
            value = f"AWS4{secret_key}".encode()
            for part in (day, self._region, self._service, "aws4_request"):
                value = hmac.digest(value, part.encode(), "sha256")
            known = self._key = _SigningKey(secret_key, day, value)
        return known.value
