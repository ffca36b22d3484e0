"""Reads secrets from AWS Secrets Manager, and replaces their values.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html: putting a new value moves the label
AWSCURRENT to it and AWSPREVIOUS to the one before.
"""

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from orders.adapters.outbound.botocore_errors import error_code, translated
from orders.ports.secrets import DEPENDENCY, SecretMissing, SecretReplaced, SecretUnusable, SecretVersion

if TYPE_CHECKING:
    from types_aiobotocore_secretsmanager import SecretsManagerClient

_UNUSABLE = {
    "AccessDeniedException": "this process may not read it",
    "DecryptionFailure": "this process may not use the key that it is encrypted with",
    "InvalidRequestException": "it is being deleted",
    "ValidationException": "that is no name of a secret",
}
_UNWRITABLE = {
    "AccessDeniedException": "this process may not write it",
    "DecryptionFailure": "this process may not use the key that it is encrypted with",
    "EncryptionFailure": "this process may not use the key that it is encrypted with",
    "InvalidParameterException": "it is a copy: write it in its primary region",
    "InvalidRequestException": "it is being deleted, or is a copy, which is written in its primary region only",
    "ResourceNotFoundException": "there is none of this name",
    "ValidationException": "that is no name of a secret",
}
_NOT_FOUND = "ResourceNotFoundException"
_IN_USE = "ResourceExistsException"


class SecretsManager:
    """``Secrets`` and ``SecretWriter`` on Secrets Manager; accepts secrets' names and ARNs."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client

    async def current(self, name: str) -> SecretVersion:
        """See ``Secrets.current``."""
        version = await self._labelled(name, "AWSCURRENT")
        if version is None:
            raise SecretMissing(name)
        return version

    async def previous(self, name: str) -> SecretVersion | None:
        """See ``Secrets.previous``."""
        previous = await self._labelled(name, "AWSPREVIOUS")
        if previous is None:
            # A secret that does not exist gives the same error.
            await self.current(name)
        return previous

    async def replace(self, name: str, value: str, *, seen: SecretVersion | None) -> None:
        """See ``SecretWriter.replace``.

        The token of the request becomes the new version's id. It is made of the version that is replaced, so that a
        second replacement of that one is refused, and a repeated request of this process is not.
        """
        token = hashlib.sha256(f"replaces {'nothing' if seen is None else seen.version_id}".encode()).hexdigest()
        with translated(DEPENDENCY):
            try:
                await self._client.put_secret_value(SecretId=name, SecretString=value, ClientRequestToken=token)
            except ClientError as error:
                code = error_code(error)
                if code == _IN_USE:
                    raise SecretReplaced(name) from error
                if code in _UNWRITABLE:
                    raise SecretUnusable(name, f"{_UNWRITABLE[code]} ({code})") from error
                raise

    async def _labelled(self, name: str, stage: str) -> SecretVersion | None:
        with translated(DEPENDENCY):
            try:
                found = await self._client.get_secret_value(SecretId=name, VersionStage=stage)
            except ClientError as error:
                code = error_code(error)
                if code == _NOT_FOUND:
                    return None
                if code in _UNUSABLE:
                    raise SecretUnusable(name, f"{_UNUSABLE[code]} ({code})") from error
                raise
        value = found.get("SecretString")
        if value is None:
            raise SecretUnusable(name, "it holds bytes; text is needed")
        return SecretVersion(value, found["CreatedDate"].astimezone(UTC), found["VersionId"])
