"""Reads secrets from AWS Secrets Manager.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html: putting a new value moves the label
AWSCURRENT to it and AWSPREVIOUS to the one before.
"""

from datetime import UTC
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.ports.secrets import DEPENDENCY, SecretUnusable, SecretVersion

if TYPE_CHECKING:
    from types_aiobotocore_secretsmanager import SecretsManagerClient

_UNUSABLE = {
    "AccessDeniedException": "this process may not read it",
    "DecryptionFailure": "this process may not use the key that it is encrypted with",
    "InvalidRequestException": "it is being deleted",
    "ValidationException": "that is no name of a secret",
}
_NOT_FOUND = "ResourceNotFoundException"


class SecretsManager:
    """``Secrets`` on Secrets Manager; accepts secrets' names and ARNs."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client

    async def current(self, name: str) -> SecretVersion:
        """See ``Secrets.current``."""
        version = await self._labelled(name, "AWSCURRENT")
        if version is None:
            raise SecretUnusable(name, "there is none of this name, or it has no value")
        return version

    async def previous(self, name: str) -> SecretVersion | None:
        """See ``Secrets.previous``."""
        previous = await self._labelled(name, "AWSPREVIOUS")
        if previous is None:
            # A secret that does not exist gives the same error.
            await self.current(name)
        return previous

    async def _labelled(self, name: str, stage: str) -> SecretVersion | None:
        with translated(DEPENDENCY):
            try:
                found = await self._client.get_secret_value(SecretId=name, VersionStage=stage)
            except ClientError as error:
                code = error_code(error)
                if code == _NOT_FOUND:
                    return None
                if code in _UNUSABLE:
                    raise SecretUnusable(name, _UNUSABLE[code]) from error
                raise
        value = found.get("SecretString")
        if value is None:
            raise SecretUnusable(name, "it holds bytes; text is needed")
        return SecretVersion(value, found["CreatedDate"].astimezone(UTC))
